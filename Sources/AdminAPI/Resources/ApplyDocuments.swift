import Credentials
import Documents
import GatewayModel
import GatewaySnapshot

/// The documents of one apply, made into resources with all of their faults at once.
struct ApplyDocuments {
    private static let longestWalk = 64 << 20

    private let text: String
    private let isYAML: Bool
    private let documents: [SourceDocument]
    private let place: BodyRoom.Place
    private let mayReadSecrets: Bool

    /// Reads the body of a call.
    init(_ call: Call, _ state: ControlState) async throws(Refusal) {
        let type = try call.requireContentType(["application/json", "application/yaml"])
        self.place = BodyRoom.Place(in: state.bodies)
        self.mayReadSecrets = call.context.caller?.role.includes(.editor) ?? false
        let bytes = try await call.bodyBytes(upTo: BodyLimit.apply, in: self.place)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(.malformedBody, "The body is not UTF-8.")
        }
        self.text = text
        self.isYAML = type == "application/yaml"
        do throws(DocumentError) {
            self.documents = try parseDocuments(text, yaml: self.isYAML)
        } catch {
            throw Refusal(malformed: error)
        }
    }

    /// - Throws: `invalid`; each error says in which document it is, on which line, and where inside.
    func resources(_ state: ControlState) async throws(Refusal) -> [WrittenResource] {
        try self.checkSecrets()
        try self.checkPasswords()
        var resources: [WrittenResource] = []
        var first: [ResourceKey: Int] = [:]
        var faults: [(fault: Fault, document: SourceDocument)] = []
        for document in self.documents where faults.count < Refusal.mostErrors {
            do throws(Faults) {
                let written = try await Self.resource(document.json, state)
                let key = written.resource.key
                if let earlier = first.updateValue(document.index, forKey: key) {
                    throw Faults(faults: [Self.repeated(key, earlier)])
                }
                resources.append(written)
            } catch {
                faults += error.faults.map { ($0, document) }
            }
        }
        guard faults.isEmpty else {
            let lines = self.lines(of: faults.count)
            let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
            throw Refusal(
                .invalid, "Nothing was applied: the documents have \(count).",
                errors: faults.map { Self.placed($0.fault.json, in: $0.document, lines) })
        }
        return resources
    }

    /// Whether something is there in the environment or in a folder is for those alone who may write, and so is whether a
    /// password or key is the one that is stored, which a plan without changes would tell.
    private func checkSecrets() throws(Refusal) {
        if self.mayReadSecrets { return }
        let asks = self.documents.contains { document in
            guard let kind = document.json["kind"]?.stringValue.flatMap(ResourceKind.init(rawValue:)) else {
                return false
            }
            return kind.isSettled
                ? SecretPlaces.hasSecret(document.json, of: kind) : SecretPlaces.hasReference(document.json, of: kind)
        }
        if asks { throw Refusal(.forbidden, "Plans with secrets take the role editor.") }
    }

    /// Each takes as long as it should take a thief.
    private func checkPasswords() throws(Refusal) {
        let count = self.documents.count {
            PasswordHashing.isNeeded($0.json, of: .consumer) && $0.json["kind"] == "consumer"
        }
        if count <= PasswordQueue.mostPerCall { return }
        throw Refusal(
            .invalid, "\(count) passwords are too many for one call: at most \(PasswordQueue.mostPerCall).",
            errors: [
                .object([
                    "pointer": "", "code": "range", "detail": "too many passwords to hash",
                    "hint": "hash them before, and write passwordHash: sluice consumer import-htpasswd",
                ])
            ])
    }

    private static func resource(_ document: JSON, _ state: ControlState) async throws(Faults) -> WrittenResource {
        let kind = document["kind"]?.stringValue.flatMap(ResourceKind.init(rawValue:))
        guard let kind, kind.needsState, let name = document["name"]?.stringValue else {
            let resource = try Resource(document: document)
            let faults = resource.patternFaults + resource.firewallFaults()
            if !faults.isEmpty { throw Faults(faults: faults) }
            return WrittenResource(resource: resource)
        }
        return try await state.written(document, of: ResourceKey(kind: kind, name: name))
    }

    /// Adds to the errors of a whole configuration in which document each resource came, and the line of the field.
    func locating(_ refusal: Refusal) -> Refusal {
        if refusal.errors.isEmpty { return refusal }
        var sources: [String: SourceDocument] = [:]
        for document in self.documents {
            guard let kind = document.json["kind"]?.stringValue, let name = document.json["name"]?.stringValue else {
                continue
            }
            sources["\(kind)/\(name)"] = document
        }
        let lines = self.lines(of: refusal.errors.count)
        var located = refusal
        located.errors = refusal.errors.map { error in
            guard let kind = error["kind"]?.stringValue, let name = error["name"]?.stringValue,
                let document = sources["\(kind)/\(name)"]
            else { return error }
            return Self.placed(error, in: document, lines)
        }
        return located
    }

    /// The lines of so many fields; `nil` where the text is so long that they would take long to find: each is a walk.
    private func lines(of count: Int) -> FieldLines? {
        guard self.text.utf8.count <= Self.longestWalk / max(count, 1) else { return nil }
        return FieldLines(self.text, yaml: self.isYAML)
    }

    private static func repeated(_ key: ResourceKey, _ earlier: Int) -> Fault {
        Fault(
            pointer: "/name", code: "duplicate",
            detail: "\(key.kind.rawValue) \(key.name) is in document \(earlier) already.", hint: nil)
    }

    private static func placed(_ error: JSON, in document: SourceDocument, _ lines: FieldLines?) -> JSON {
        guard case .object(var members) = error else { return error }
        let line = lines?.line(document: document.index, pointer: error["pointer"]?.stringValue ?? "")
        members["document"] = .integer(Int64(document.index))
        members["line"] = .integer(Int64(line ?? document.line))
        return .object(members)
    }
}

extension Refusal {
    fileprivate init(malformed error: DocumentError) {
        self.init(
            .malformedBody, "The body cannot be read.",
            errors: [
                .object([
                    "pointer": "", "code": "malformed", "detail": .string(error.message),
                    "document": .integer(Int64(error.document)), "line": .integer(Int64(error.line)),
                ])
            ])
    }
}

extension ResourceKind {
    /// Whether a document is read with an eye on what is stored, or looked into more deeply; the others, of which there are
    /// many, are spared the trip to the state.
    fileprivate var needsState: Bool { self == .certificate || self == .listener || self.isSettled }
}
