import CJOSE
import GatewayModel

extension KeySet {
    /// Collects the keys of a set while it is read.
    struct Builder {
        let takesSecrets: Bool
        var keys: [VerificationKey] = []
        /// The `kid` of all keys, one behind the other.
        var ids: [UInt8] = []
        var problems: [String] = []

        init(takesSecrets: Bool) { self.takesSecrets = takesSecrets }

        mutating func add(_ element: JSON, at index: Int) {
            do throws(KeyProblem) {
                let jwk = try JWK(element)
                guard jwk.type != .secret || self.takesSecrets else {
                    throw KeyProblem("a shared secret has no place in a set that is fetched")
                }
                let (handle, algorithms) = try jwk.made()
                self.keys.append(VerificationKey(handle: handle, algorithms: algorithms, id: self.note(jwk.id)))
            } catch {
                let name = element["kid"]?.stringValue.map { " (\($0.quoted))" } ?? ""
                self.problems.append("key \(index)\(name): \(error.text)")
            }
        }

        private mutating func note(_ id: String?) -> Range<Int>? {
            guard let id else { return nil }
            let start = self.ids.count
            self.ids.append(contentsOf: id.utf8)
            return start..<self.ids.count
        }
    }
}
