extension Resource {
    /// - Returns: `nil` only after a fault was reported.
    static func read(
        _ kind: ResourceKind, name: String?, _ document: JSON, _ collector: FaultCollector
    ) -> Resource? {
        collector.object(document) { reader -> Resource? in
            Self.checkKind(kind, &reader)
            _ = reader.value("meta")
            _ = reader.value("warnings")
            let name = Self.readName(name, &reader)
            let labels = reader.read("labels", default: [:]) { collector.labels($0) }
            _ = reader.optional("description") { collector.string($0) }
            let spec = ResourceSpec(kind, name: name ?? "", &reader)
            guard let name, let spec else { return nil }
            return Resource(
                key: ResourceKey(kind: kind, name: name), text: Self.text(name, document, kind), spec: spec,
                labels: labels)
        }
    }

    /// What is wrong with a `kind` that names no kind of this version.
    static func kindFault(_ json: JSON?) -> Fault {
        let (code, detail) =
            switch json {
            case nil, .null?: ("required", "kind is required")
            case .string(let text)?: ("format", "there is no kind \(text.quoted)")
            case let json?: ("type", "expected a string, not \(json.kindName)")
            }
        let kinds = ResourceKind.allCases.map(\.rawValue).joined(separator: ", ")
        return Fault(pointer: "/kind", code: code, detail: detail, hint: "kinds are \(kinds)")
    }

    private static func checkKind(_ kind: ResourceKind, _ reader: inout ObjectReader) {
        guard let value = reader.value("kind"), value != .string(kind.rawValue) else { return }
        reader.fault("kind", "format", "the kind here is \(kind.rawValue)")
    }

    /// The name from the path, from the document, or from both when they agree.
    private static func readName(_ outer: String?, _ reader: inout ObjectReader) -> String? {
        let collector = reader.collector
        guard let outer else { return reader.required("name") { collector.name($0) } }
        guard let value = reader.value("name") else {
            return collector.inside(.member("name")) { collector.name(.string(outer)) }
        }
        return collector.inside(.member("name")) {
            guard let name = collector.name(value) else { return nil }
            if name == outer { return name }
            collector.report("conflict", "the name here is \(name.quoted), in the path it is \(outer.quoted)")
            return nil
        }
    }

    /// With `name`, `labels` and `description` first, then the kind's own fields; what is `null` says nothing and goes, as
    /// do `kind` and `meta`.
    private static func text(_ name: String, _ document: JSON, _ kind: ResourceKind) -> [UInt8] {
        var writer = JSONWriter()
        writer.bytes.reserveCapacity(512)
        writer.raw(#"{"name":"#)
        writer.write(name)
        for field in ["labels", "description"] + kind.fields {
            guard let value = document[field], value != .null else { continue }
            writer.raw(",")
            writer.write(field)
            writer.raw(":")
            writer.write(value)
        }
        writer.raw("}")
        return writer.bytes.withoutSpareRoom
    }
}

extension ResourceSpec {
    fileprivate init?(_ kind: ResourceKind, name: String, _ reader: inout ObjectReader) {
        let spec: ResourceSpec? =
            switch kind {
            case .listener: Listener(name: name, &reader).map { .listener($0) }
            case .upstream: Upstream(name: name, &reader).map { .upstream($0) }
            case .route: Route(name: name, &reader).map { .route($0) }
            case .certificate: Certificate(name: name, &reader).map { .certificate($0) }
            case .authPolicy: AuthPolicy(name: name, &reader).map { .authPolicy($0) }
            case .trafficPolicy: TrafficPolicy(name: name, &reader).map { .trafficPolicy($0) }
            case .consumer: Consumer(name: name, &reader).map { .consumer($0) }
            }
        guard let spec else { return nil }
        self = spec
    }
}

extension ResourceKind {
    /// The fields of this kind's own, in the order in which they are shown.
    fileprivate var fields: [String] {
        switch self {
        case .listener: Listener.fields
        case .upstream: Upstream.fields
        case .route: Route.fields
        case .certificate: Certificate.fields
        case .authPolicy: AuthPolicy.fields
        case .trafficPolicy: TrafficPolicy.fields
        case .consumer: Consumer.fields
        }
    }
}

extension FaultCollector {
    /// Strings by name.
    func labels(_ json: JSON) -> [String: String]? {
        guard let object = json.objectValue else {
            self.report("type", "expected an object, not \(json.kindName)")
            return nil
        }
        var labels: [String: String] = [:]
        for member in object.members {
            labels[member.name] = self.inside(.member(member.name)) { self.string(member.value) }
        }
        return labels
    }
}

extension [UInt8] {
    /// A copy that takes no more memory than it must.
    fileprivate var withoutSpareRoom: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: self.count) { buffer, count in
            count = self.count
            _ = buffer.update(fromContentsOf: self)
        }
    }
}
