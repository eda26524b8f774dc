import Credentials
import Dispatch
import GatewayModel
import Storage

/// Hashes passwords one after another on a thread of its own: each takes a core for as long as it is meant to take, and
/// neither the connections nor the state wait for that.
enum PasswordQueue {
    /// One call brings no more: the last of them would be done in some seconds.
    static let mostPerCall = 64
    private static let queue = DispatchQueue(label: "passwords")

    /// The document with the hash of its password, if it brings one.
    ///
    /// - Parameter stored: of the password that is known already.
    static func hashed(_ document: JSON, of kind: ResourceKind, stored: String?) async throws(Faults) -> JSON {
        guard PasswordHashing.isNeeded(document, of: kind) else { return document }
        let result = await withCheckedContinuation { answer in
            self.queue.async {
                answer.resume(returning: Self.result(document, stored))
            }
        }
        return try result.get()
    }

    private static func result(_ document: JSON, _ stored: String?) -> Result<JSON, Faults> {
        do throws(Faults) {
            let salt = RandomText.bytes(PasswordHash.saltSize)
            return .success(try PasswordHashing.hashed(document, stored: stored, salt: salt))
        } catch {
            return .failure(error)
        }
    }
}
