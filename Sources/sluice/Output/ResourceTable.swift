import GatewayModel

/// Resources as rows: the columns that matter for each kind.
enum ResourceTable {
    static func text(_ kind: ResourceKind, _ documents: [JSON]) -> String {
        Table(columns: Self.columns(kind), rows: documents.map { Self.row(kind, $0) }).text
    }

    private static func columns(_ kind: ResourceKind) -> [String] {
        switch kind {
        case .listener: ["NAME", "ADDRESS", "PORT", "PROTOCOL", "HOSTNAMES"]
        case .upstream: ["NAME", "ALGORITHM", "ENDPOINTS"]
        case .route: ["NAME", "LISTENERS", "HOSTNAMES", "MATCHES", "FORWARD"]
        case .certificate: ["NAME", "USAGE", "NAMES", "EXPIRES"]
        case .trafficPolicy: ["NAME", "TYPE"]
        }
    }

    private static func row(_ kind: ResourceKind, _ document: JSON) -> [String] {
        let name = document["name"]?.stringValue ?? "?"
        switch kind {
        case .listener:
            return [
                name, document["address"]?.stringValue ?? "0.0.0.0", Self.text(document["port"]),
                document["protocol"]?.stringValue ?? "http", Self.list(document["hostnames"]),
            ]
        case .upstream:
            let algorithm = document["loadBalancing"]?["algorithm"]?.stringValue ?? "least-request"
            return [name, algorithm, Self.list(document["endpoints"], Self.endpoint)]
        case .route:
            return [
                name, Self.list(document["listeners"]), Self.list(document["hostnames"]),
                Self.list(document["matches"], Self.match),
                Self.list(document["forward"]) { Self.text($0["upstream"]) },
            ]
        case .certificate:
            let info = document["info"]
            return [
                name, document["usage"]?.stringValue ?? "server", Self.list(info?["names"]),
                Self.text(info?["notAfter"]),
            ]
        case .trafficPolicy: return [name, Self.text(document["type"])]
        }
    }

    private static func endpoint(_ json: JSON) -> String {
        "\(Self.text(json["address"])):\(Self.text(json["port"]))"
    }

    private static func match(_ json: JSON) -> String {
        if let exact = json["path"]?["exact"]?.stringValue { return "=\(exact)" }
        return (json["path"]?["prefix"]?.stringValue ?? "/") + "*"
    }

    private static func list(_ json: JSON?, _ cell: (JSON) -> String = { Self.text($0) }) -> String {
        let cells = json?.arrayValue?.map(cell) ?? []
        guard cells.count > 3 else { return cells.isEmpty ? "-" : cells.joined(separator: ",") }
        return cells.prefix(3).joined(separator: ",") + ",… (\(cells.count))"
    }

    private static func text(_ json: JSON?) -> String {
        json?.stringValue ?? json?.integerValue.map { String($0) } ?? "-"
    }
}
