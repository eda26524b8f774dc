import GatewayModel

/// What auth policies and consumers say, in a cell.
enum AccessText {
    static func labels(_ labels: JSON?) -> String {
        let members = labels?.objectValue?.members ?? []
        return members.isEmpty ? "-" : members.map { "\($0.name)=\($0.value.shown)" }.joined(separator: ",")
    }

    /// The settings of an auth policy in a few words.
    static func settings(_ document: JSON) -> String {
        switch document["type"]?.stringValue {
        case "jwt": (document["jwt"]?.list("providers") ?? []).shown { $0["issuer"].shown }
        case "basic": self.consumers(document["basic"])
        case "api-key": "\(self.places(document["apiKey"])); \(self.consumers(document["apiKey"]))"
        case "mtls": self.counts(document["mtls"], ["subjects", "dnsNames", "uris", "fingerprints"])
        case "ip": self.counts(document["ip"], ["allow", "deny"])
        case "authorization": self.rules(document["authorization"])
        case "cors": (document["cors"]?.list("allowOrigins") ?? []).shown { $0.shown }
        case "csrf": (document["csrf"]?.list("additionalOrigins") ?? []).shown { $0.shown }
        case "ext-auth": "upstream/\((document["extAuth"]?["upstream"]).shown)"
        default: "-"
        }
    }

    /// "header x-api-key,query key"
    private static func places(_ settings: JSON?) -> String {
        let sources = settings?.list("from") ?? []
        if sources.isEmpty { return "header x-api-key" }
        return sources.shown { source in
            source.objectValue?.members.first { $0.name != "prefix" }.map { "\($0.name) \($0.value.shown)" } ?? "-"
        }
    }

    /// "all consumers", names, or labels.
    private static func consumers(_ settings: JSON?) -> String {
        guard let selector = settings?["consumers"] else { return "all consumers" }
        if let names = selector.arrayValue { return names.shown { $0.shown } }
        let labels = Self.labels(selector["labels"])
        return [selector.list("names").shown { $0.shown }, labels].filter { $0 != "-" }.joined(separator: " or ")
    }

    /// "2 allow, 1 deny"
    private static func counts(_ settings: JSON?, _ members: [String]) -> String {
        let counts = members.compactMap { member -> String? in
            let count = (settings?.list(member) ?? []).count
            return count > 0 ? "\(count) \(member)" : nil
        }
        return counts.isEmpty ? "-" : counts.joined(separator: ", ")
    }

    /// "3 rules, else deny"
    private static func rules(_ settings: JSON?) -> String {
        let count = (settings?.list("rules") ?? []).count
        return "\(count) \(count == 1 ? "rule" : "rules"), else \(settings?["default"]?.stringValue ?? "deny")"
    }
}
