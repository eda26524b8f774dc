import GatewayModel

extension View {
    /// Resources of a kind: the columns that matter for it.
    static func resources(_ kind: ResourceKind) -> View {
        View([Column("NAME", "name")] + Self.columns(kind)) { document in
            document["name"]?.stringValue.map { "\(kind.rawValue)/\($0)" }
        }
    }

    private static func columns(_ kind: ResourceKind) -> [Column] {
        switch kind {
        case .listener:
            [
                Column("ADDRESS") { Cell($0["address"]?.stringValue ?? "0.0.0.0") }, Column("PORT", "port"),
                Column("PROTOCOL") { Cell($0["protocol"]?.stringValue ?? "http") }, Column("HOSTNAMES", "hostnames"),
            ]
        case .upstream:
            [
                Column("ALGORITHM") { Cell($0["loadBalancing"]?["algorithm"]?.stringValue ?? "least-request") },
                Column("ENDPOINTS") { Cell(Self.endpoints($0)) },
            ]
        case .route:
            [
                Column("LISTENERS", "listeners"), Column("HOSTNAMES", "hostnames"),
                Column("MATCHES") { Cell($0.list("matches").shown(Self.match)) },
                Column("FORWARD") { Cell(Self.action($0)) },
            ]
        case .certificate:
            [
                Column("USAGE") { Cell($0["usage"]?.stringValue ?? "server") },
                Column("NAMES") { Cell($0["info"]?["names"]) }, Column("EXPIRES") { Cell($0["info"]?["notAfter"]) },
            ]
        case .authPolicy:
            [
                Column("TYPE", "type"), Column("OBSERVE") { Cell($0["observe"] == true ? "yes" : "-") },
                Column("SETTINGS") { Cell(AccessText.settings($0)) },
            ]
        case .trafficPolicy: [Column("TYPE", "type")]
        case .consumer:
            [
                Column("USER") { Cell($0["basic"]?["username"]) },
                Column("KEYS") { Cell($0.list("apiKeys").shown { $0["id"].shown }) },
                Column("LABELS") { Cell(AccessText.labels($0["labels"])) },
            ]
        }
    }

    private static func endpoints(_ document: JSON) -> String {
        let discovery = document["discovery"]
        guard let name = discovery?["hostname"]?.stringValue else {
            return document.list("endpoints").shown(Self.endpoint)
        }
        return "\((discovery?["type"]).shown) \(name)\(discovery?["port"].map { ":\($0.shown)" } ?? "")"
    }

    private static func endpoint(_ json: JSON) -> String {
        let address = json["address"].shown
        return "\(address.contains(":") ? "[\(address)]" : address):\(json["port"].shown)"
    }

    /// `=/exact`, `/prefix*` or `~regex`; a `+` says that there are other conditions.
    private static func match(_ json: JSON) -> String {
        let path = json["path"]
        let others = ["methods", "headers", "query", "cookies"].contains { !json.list($0).isEmpty }
        let text =
            path?["exact"]?.stringValue.map { "=\($0)" } ?? path?["regex"]?.stringValue.map { "~\($0)" }
            ?? "\(path?["prefix"]?.stringValue ?? "/")*"
        return others ? "\(text) +" : text
    }

    /// Upstreams, with weights where there are several, or the status of an answer of the gateway.
    private static func action(_ document: JSON) -> String {
        if let redirect = document["redirect"] { return "redirect \(redirect["status"]?.integerValue ?? 302)" }
        if let answer = document["respond"] { return "respond \(answer["status"]?.integerValue ?? 200)" }
        let shares = document.list("forward")
        return shares.shown { share in
            let name = share["upstream"].shown
            return shares.count > 1 ? "\(name)=\(share["weight"]?.integerValue ?? 1)" : name
        }
    }
}
