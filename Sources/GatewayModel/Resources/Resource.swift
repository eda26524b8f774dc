/// What a resource is, typed, with its defaults filled in.
package enum ResourceSpec: Hashable, Sendable {
    case listener(Listener)
    case upstream(Upstream)
    case route(Route)
}

/// A resource that has been validated by itself; whether what it refers to exists is `Configuration`'s to check.
package struct Resource: Sendable, Hashable {
    package let key: ResourceKey
    /// The caller's fields in the model's order, without `kind` and `meta`: equal content is equal text.
    package let document: JSON
    package let spec: ResourceSpec
    package let labels: [String: String]

    /// Reads a document of a known kind. `name` is the one in the path; the document may repeat it. Members `kind` and
    /// `meta`, which reads show, are accepted and dropped.
    ///
    /// - Throws: all faults at once.
    package init(kind: ResourceKind, name: String?, document: JSON) throws(Faults) {
        let collector = FaultCollector()
        let resource = Resource.read(kind: kind, name: name, document, collector)
        guard let resource, collector.faults.isEmpty else {
            throw Faults(faults: collector.faults)
        }
        self = resource
    }

    /// Reads a document that names its kind, as in files and `apply`.
    package init(document: JSON) throws(Faults) {
        guard let object = document.objectValue else {
            throw Faults(faults: [
                Fault(pointer: "", code: "type", detail: "expected an object, not \(document.kindName)")
            ])
        }
        guard let text = object["kind"]?.stringValue else {
            throw Faults(faults: [Fault(pointer: "/kind", code: "required", detail: "kind is required")])
        }
        guard let kind = ResourceKind(rawValue: text) else { throw Faults(faults: [Resource.unknownKind(text)]) }
        try self.init(kind: kind, name: nil, document: document)
    }

    private init(key: ResourceKey, document: JSON, spec: ResourceSpec, labels: [String: String]) {
        self.key = key
        self.document = document
        self.spec = spec
        self.labels = labels
    }

    private static func unknownKind(_ text: String) -> Fault {
        let later = ["auth-policy", "traffic-policy", "certificate", "consumer"]
        if later.contains(text) {
            return Fault(
                pointer: "/kind", code: "unsupported", detail: "kind \(text) is not available in this version")
        }
        let kinds = ResourceKind.allCases.map(\.rawValue)
        return Fault(
            pointer: "/kind", code: "format", detail: "there is no kind \"\(text)\"",
            hint: "kinds are \(kinds.joined(separator: ", "))")
    }

    private static func read(
        kind: ResourceKind, name: String?, _ document: JSON, _ collector: FaultCollector
    ) -> Resource? {
        let read = collector.object(document, at: "") { reader -> (String, ResourceSpec, [String: String])? in
            Self.checkKind(kind, &reader)
            _ = reader.value("meta")
            let name = Self.readName(name, &reader)
            let labels = Self.readLabels(&reader)
            _ = reader.read("description", default: "") { collector.string($0, at: $1) }
            let spec = Self.readSpec(kind, name: name ?? "", &reader)
            guard let name, let spec else { return nil }
            return (name, spec, labels)
        }
        guard let (name, spec, labels) = read, let object = document.objectValue else { return nil }
        let ordered = Self.ordered(object, kind: kind, name: name)
        return Resource(key: ResourceKey(kind: kind, name: name), document: ordered, spec: spec, labels: labels)
    }

    private static func checkKind(_ kind: ResourceKind, _ reader: inout ObjectReader) {
        guard let value = reader.value("kind"), value != .string(kind.rawValue) else { return }
        reader.fault("kind", "format", "the kind here is \(kind.rawValue)")
    }

    /// The name from the path, from the document, or from both when they agree.
    private static func readName(_ outer: String?, _ reader: inout ObjectReader) -> String? {
        guard let value = reader.value("name") else {
            guard let outer else {
                reader.fault("name", "required", "name is required")
                return nil
            }
            return reader.collector.name(.string(outer), at: reader.path("name"))
        }
        guard let name = reader.collector.name(value, at: reader.path("name")) else { return nil }
        if let outer, outer != name {
            reader.fault("name", "conflict", "the name here is \"\(name)\", in the path it is \"\(outer)\"")
            return nil
        }
        return name
    }

    private static func readLabels(_ reader: inout ObjectReader) -> [String: String] {
        let collector = reader.collector
        return reader.read("labels", default: [:]) { json, pointer in
            guard let object = json.objectValue else {
                collector.report(pointer, "type", "expected an object, not \(json.kindName)")
                return nil
            }
            var labels: [String: String] = [:]
            for member in object.members {
                labels[member.name] = collector.string(member.value, at: pointer + "/" + member.name.escapedForPointer)
            }
            return labels
        }
    }

    private static func readSpec(_ kind: ResourceKind, name: String, _ reader: inout ObjectReader) -> ResourceSpec? {
        switch kind {
        case .listener: Listener(name: name, &reader).map { .listener($0) }
        case .upstream: Upstream(name: name, &reader).map { .upstream($0) }
        case .route: Route(name: name, &reader).map { .route($0) }
        }
    }

    /// `name`, `labels`, `description`, then the kind's own fields; what is `null` says nothing and is left out.
    private static func ordered(_ object: JSONObject, kind: ResourceKind, name: String) -> JSON {
        let rank = ["name", "labels", "description"] + kind.fields
        var ordered: JSONObject = ["name": .string(name)]
        for field in rank.dropFirst() {
            if let value = object[field], value != .null { ordered[field] = value }
        }
        return .object(ordered)
    }
}

extension ResourceKind {
    /// The fields of this kind's own, in the order in which they are shown.
    fileprivate var fields: [String] {
        switch self {
        case .listener: Listener.fields
        case .upstream: Upstream.fields
        case .route: Route.fields
        }
    }
}
