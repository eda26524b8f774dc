import Documents
import GatewayModel
import GatewaySnapshot

/// The documents of one apply, made into resources with all of their faults at once.
struct ApplyDocuments {
    private let documents: [SourceDocument]

    init(_ documents: [SourceDocument]) { self.documents = documents }

    /// - Throws: `invalid`; each error says in which document it is, on which line that begins, and where inside.
    func resources(_ state: ControlState) async throws(Refusal) -> [Resource] {
        var resources: [Resource] = []
        var first: [ResourceKey: Int] = [:]
        var errors: [JSON] = []
        for document in self.documents {
            do throws(Faults) {
                let resource = try await Self.resource(document.json, state)
                if let earlier = first.updateValue(document.index, forKey: resource.key) {
                    throw Faults(faults: [Self.repeated(resource.key, earlier)])
                }
                resources.append(resource)
            } catch {
                errors += error.faults.map { Self.placed($0.json, in: document) }
            }
        }
        guard errors.isEmpty else {
            let count = errors.count == 1 ? "1 fault" : "\(errors.count) faults"
            throw Refusal(.invalid, "Nothing was applied: the documents have \(count).", errors: errors)
        }
        return resources
    }

    private static func resource(_ document: JSON, _ state: ControlState) async throws(Faults) -> Resource {
        let kind = document["kind"]?.stringValue.flatMap(ResourceKind.init(rawValue:))
        guard let kind, kind.needsState, let name = document["name"]?.stringValue else {
            let resource = try Resource(document: document)
            let faults = resource.patternFaults
            if !faults.isEmpty { throw Faults(faults: faults) }
            return resource
        }
        let key = ResourceKey(kind: kind, name: name)
        let resource = try Resource(document: await state.withKnownSecrets(document, of: key))
        let faults = await state.certificateFaults(of: resource)
        if !faults.isEmpty { throw Faults(faults: faults) }
        return resource
    }

    /// Adds to the errors of a whole configuration in which document each resource came, and where that begins.
    func locating(_ refusal: Refusal) -> Refusal {
        var places: [String: SourceDocument] = [:]
        for document in self.documents {
            guard let kind = document.json["kind"]?.stringValue, let name = document.json["name"]?.stringValue else {
                continue
            }
            places["\(kind)/\(name)"] = document
        }
        var located = refusal
        located.errors = refusal.errors.map { error in
            guard let kind = error["kind"]?.stringValue, let name = error["name"]?.stringValue,
                let document = places["\(kind)/\(name)"]
            else { return error }
            return Self.placed(error, in: document)
        }
        return located
    }

    private static func repeated(_ key: ResourceKey, _ earlier: Int) -> Fault {
        Fault(
            pointer: "/name", code: "duplicate",
            detail: "\(key.kind.rawValue) \(key.name) is in document \(earlier) already.", hint: nil)
    }

    private static func placed(_ error: JSON, in document: SourceDocument) -> JSON {
        guard case .object(var members) = error else { return error }
        members["document"] = .integer(Int64(document.index))
        members["line"] = .integer(Int64(document.line))
        return .object(members)
    }
}

extension ResourceKind {
    /// Whether a document is read with an eye on what is stored, or looked into more deeply; the others, of which there are
    /// many, are spared the trip to the state.
    fileprivate var needsState: Bool { self == .certificate || self == .listener }
}
