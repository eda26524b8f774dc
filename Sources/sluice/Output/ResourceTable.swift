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
            return [name, algorithm, Self.endpoints(document)]
        case .route:
            return [
                name, Self.list(document["listeners"]), Self.list(document["hostnames"]),
                Self.list(document["matches"], Self.match),
                Self.action(document),
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

    private static func endpoints(_ document: JSON) -> String {
        let discovery = document["discovery"]
        guard let name = discovery?["hostname"]?.stringValue else {
            return Self.list(document["endpoints"], Self.endpoint)
        }
        return "\(Self.text(discovery?["type"])) \(name)\(discovery?["port"].map { ":\(Self.text($0))" } ?? "")"
    }

    private static func endpoint(_ json: JSON) -> String {
        let address = Self.text(json["address"])
        return "\(address.contains(":") ? "[\(address)]" : address):\(Self.text(json["port"]))"
    }

    /// `=/exact`, `/prefix*` or `~regex`; a `+` says that there are other conditions.
    private static func match(_ json: JSON) -> String {
        let path = json["path"]
        let others = ["methods", "headers", "query", "cookies"].contains { json[$0]?.arrayValue?.isEmpty == false }
        let text =
            path?["exact"]?.stringValue.map { "=\($0)" } ?? path?["regex"]?.stringValue.map { "~\($0)" }
            ?? "\(path?["prefix"]?.stringValue ?? "/")*"
        return others ? "\(text) +" : text
    }

    /// Upstreams, with weights where there are several, or the status of an answer of the gateway.
    private static func action(_ document: JSON) -> String {
        if let redirect = document["redirect"] { return "redirect \(redirect["status"]?.integerValue ?? 302)" }
        if let answer = document["respond"] { return "respond \(answer["status"]?.integerValue ?? 200)" }
        let isSplit = document["forward"]?.arrayValue?.count ?? 0 > 1
        return Self.list(document["forward"]) { share in
            let name = Self.text(share["upstream"])
            return isSplit ? "\(name)=\(share["weight"]?.integerValue ?? 1)" : name
        }
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
