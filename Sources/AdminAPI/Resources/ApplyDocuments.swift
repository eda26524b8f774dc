import Documents
import GatewayModel

/// The documents of one apply, made into resources with all of their faults at once.
struct ApplyDocuments {
    private let documents: [SourceDocument]

    init(_ documents: [SourceDocument]) { self.documents = documents }

    /// - Throws: `invalid`; each error says in which document it is, on which line that begins, and where inside.
    func resources() throws(Refusal) -> [Resource] {
        var resources: [Resource] = []
        var first: [ResourceKey: Int] = [:]
        var errors: [JSON] = []
        for document in self.documents {
            do throws(Faults) {
                let resource = try Resource(document: document.json)
                if let earlier = first.updateValue(document.index, forKey: resource.key) {
                    throw Faults(faults: [Self.repeated(resource.key, earlier)])
                }
                resources.append(resource)
            } catch {
                errors += error.faults.map { Self.error($0, in: document) }
            }
        }
        guard errors.isEmpty else {
            throw Refusal(.invalid, "Nothing was applied: the documents have \(errors.count) faults.", errors: errors)
        }
        return resources
    }

    private static func repeated(_ key: ResourceKey, _ earlier: Int) -> Fault {
        Fault(
            pointer: "/name", code: "duplicate",
            detail: "\(key.kind.rawValue) \(key.name) is in document \(earlier) already.", hint: nil)
    }

    private static func error(_ fault: Fault, in document: SourceDocument) -> JSON {
        guard case .object(var members) = fault.json else { return fault.json }
        members["document"] = .integer(Int64(document.index))
        members["line"] = .integer(Int64(document.line))
        return .object(members)
    }
}
