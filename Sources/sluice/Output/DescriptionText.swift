import Documents
import GatewayModel

/// A resource and its surroundings for people: what it is, who changed it, who uses it, then the document.
enum DescriptionText {
    static func text(_ key: ResourceKey, _ around: Surroundings) -> String {
        let meta = around.document["meta"]
        let facts: [(String, String?)] = [
            (key.kind.rawValue, key.name), ("description", around.document["description"]?.stringValue),
            ("labels", Self.labels(around.document["labels"])), ("set", meta?["set"]?.stringValue),
            ("created", meta?["createdAt"]?.stringValue), ("changed", Self.change(meta, around.change)),
            ("used by", around.users.isEmpty ? nil : around.users.compactMap(\.keyText).joined(separator: ", ")),
        ]
        let rows = facts.compactMap { name, value in value.map { [Cell(name, .heading), Cell($0)] } }
        var parts = [Table.plain(rows), "", Self.document(around.document)]
        if !around.endpoints.isEmpty { parts += ["", View.endpoints.table(around.endpoints)] }
        return parts.joined(separator: "\n")
    }

    private static func labels(_ labels: JSON?) -> String? {
        let members = labels?.objectValue?.members ?? []
        return members.isEmpty ? nil : members.map { "\($0.name)=\($0.value.shown)" }.joined(separator: ", ")
    }

    private static func change(_ meta: JSON?, _ version: JSON?) -> String? {
        guard let time = meta?["updatedAt"]?.stringValue else { return nil }
        let author = version?["author"]?.stringValue.map { " by \($0)" } ?? ""
        let message = version?["message"]?.stringValue.map { ": \($0)" } ?? ""
        return "\(time), version \((meta?["version"]).shown)\(author)\(message)"
    }

    /// What is not said above, as YAML.
    private static func document(_ document: JSON) -> String {
        var members = document.objectValue ?? [:]
        for name in ["name", "labels", "description", "meta"] { members[name] = nil }
        var text = yamlText(.object(members))
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}

extension View {
    /// What replicas say of an upstream's endpoints.
    fileprivate static let endpoints = View([
        Column("ENDPOINT", "endpoint"),
        Column("HEALTH") { $0["healthy"] == true ? Cell("healthy", .good) : Cell("unhealthy", .bad) },
        Column("REPLICAS THAT AVOID IT") { endpoint in
            let avoiding = endpoint.list("replicas").filter { $0["healthy"] == false }
            return Cell(avoiding.shown { $0["id"].shown })
        },
    ]) { $0["endpoint"]?.stringValue }
}
