/// What a resource is, typed, with its defaults filled in.
///
/// Nearly all resources are routes: the other kinds lie elsewhere, so that they do not make every spec as large as theirs.
package enum ResourceSpec: Hashable, Sendable {
    indirect case listener(Listener)
    indirect case upstream(Upstream)
    case route(Route)
    indirect case certificate(Certificate)
    indirect case authPolicy(AuthPolicy)
    indirect case trafficPolicy(TrafficPolicy)
    indirect case consumer(Consumer)
}

/// A resource that has been validated by itself; whether what it refers to exists is `Configuration`'s to check.
///
/// A reference to what was read once: a hundred thousand of them stand in several tables at a time, and each place costs a
/// word.
package struct Resource: Sendable {
    private final class Content: Sendable {
        let key: ResourceKey
        let text: [UInt8]
        let spec: ResourceSpec
        let labels: [String: String]

        init(_ key: ResourceKey, _ text: [UInt8], _ spec: ResourceSpec, _ labels: [String: String]) {
            self.key = key
            self.text = text
            self.spec = spec
            self.labels = labels
        }
    }

    private let content: Content

    /// Its kind and name.
    package var key: ResourceKey { self.content.key }
    /// The caller's fields in the model's order, without `kind` and `meta`, as compact JSON: equal content is equal text.
    package var text: [UInt8] { self.content.text }
    /// The document as typed values, defaults filled in.
    package var spec: ResourceSpec { self.content.spec }
    /// For selectors; the gateway itself reads nothing in them.
    package var labels: [String: String] { self.content.labels }

    /// The text as a value. It is kept as text, which is a quarter of the memory, and read anew by each call.
    package var document: JSON { (try? JSON(parsing: self.text)) ?? .null }

    /// Reads a document of a known kind. `name` is the one in the path; the document may repeat it. Members `kind`,
    /// `meta` and a certificate's `info`, which reads show, are accepted and dropped.
    ///
    /// - Parameter allowsMissingSecrets: for a document on its way to a control plane, which has the secrets that it leaves
    ///   out.
    /// - Throws: all faults at once.
    package init(
        kind: ResourceKind, name: String?, document: JSON, allowsMissingSecrets: Bool = false
    ) throws(Faults) {
        let collector = FaultCollector(allowsMissingSecrets: allowsMissingSecrets)
        let resource = Resource.read(kind, name: name, document, collector)
        guard let resource, collector.faults.isEmpty else { throw Faults(faults: collector.faults) }
        self = resource
    }

    /// Reads a document that names its kind, as in files and `apply`.
    package init(document: JSON, allowsMissingSecrets: Bool = false) throws(Faults) {
        guard let object = document.objectValue else {
            throw Faults(faults: [
                Fault(pointer: "", code: "type", detail: "expected an object, not \(document.kindName)")
            ])
        }
        guard let kind = ResourceKind(rawValue: object["kind"]?.stringValue ?? "") else {
            throw Faults(faults: [Resource.kindFault(object["kind"])])
        }
        try self.init(kind: kind, name: nil, document: document, allowsMissingSecrets: allowsMissingSecrets)
    }

    init(key: ResourceKey, text: [UInt8], spec: ResourceSpec, labels: [String: String]) {
        self.content = Content(key, text, spec, labels)
    }

    /// Whether both mean the same, whatever of it their documents spell out.
    package func isEquivalent(to other: Resource) -> Bool {
        guard self.key == other.key, self.spec == other.spec, self.labels == other.labels else { return false }
        // Texts are read only where they are not the same, which is rare.
        if self.text == other.text { return true }
        let (own, their) = (self.document, other.document)
        return own["description"] == their["description"] && own.textBeyondASCII == their.textBeyondASCII
    }

    /// The document without its secrets, for whoever reads.
    package var redacted: JSON {
        guard !self.key.kind.secretFields.isEmpty, var members = self.document.objectValue else { return self.document }
        for field in self.key.kind.secretFields { members[field] = nil }
        return .object(members)
    }

    /// The same without its document: for a worker, which serves and shows nothing.
    package var withoutDocument: Resource {
        Resource(key: self.key, text: [], spec: self.spec, labels: self.labels)
    }
}

extension Resource: Hashable {
    /// Members of objects within the document may stand in any order.
    package static func == (left: Resource, right: Resource) -> Bool {
        if left.content === right.content { return true }
        return left.key == right.key && left.labels == right.labels && left.spec == right.spec
            && (left.text == right.text || left.document == right.document)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.key) }
}
