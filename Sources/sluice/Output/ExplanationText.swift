import GatewayModel

/// An explanation for people: what was asked, the route taken, then each candidate with what it failed on.
enum ExplanationText {
    static func text(_ explanation: JSON) -> String {
        let host = explanation["request"]?["host"]?.stringValue ?? ""
        let path = explanation["request"]?["path"]?.stringValue ?? ""
        let method = explanation["request"]?["method"]?.stringValue.map { "\($0) " } ?? ""
        var lines = ["request   \(method)\(host)\(path)", "listener  \(Self.listener(explanation))"]
        if let route = explanation["route"]?.stringValue {
            lines.append("route     \(route) → \(Self.target(explanation))")
        } else {
            lines.append("route     none: the gateway answers \(Self.answer(explanation))")
        }
        let candidates = explanation["candidates"]?.arrayValue ?? []
        guard !candidates.isEmpty else { return lines.joined(separator: "\n") }
        let taken = explanation["route"]?.stringValue
        let table = Table(
            ["CANDIDATE", "UPSTREAM", "VERDICT"], candidates.map { Self.row($0, taken).map { Cell($0) } })
        return (lines + ["", table.text]).joined(separator: "\n")
    }

    /// Where the route sends the request, or what it answers itself.
    private static func target(_ explanation: JSON) -> String {
        if let status = explanation["status"]?.integerValue { return "the gateway answers \(status)" }
        let shares = explanation["split"]?.arrayValue ?? []
        guard shares.count > 1 else { return "upstream \(explanation["upstream"]?.stringValue ?? "?")" }
        let weights = shares.map {
            "\($0["upstream"]?.stringValue ?? "?") (weight \($0["weight"]?.integerValue ?? 0))"
        }
        return "upstreams \(weights.joined(separator: ", "))"
    }

    private static func answer(_ explanation: JSON) -> String {
        switch explanation["reason"]?.stringValue {
        case "bad-request": "400, for this is no valid request"
        case "method-not-allowed": "405"
        case "pattern-limit": "400, for a regular expression would take too long"
        default: "404"
        }
    }

    private static func listener(_ explanation: JSON) -> String {
        let address = explanation["address"]?.stringValue
        guard let name = explanation["listener"]?.stringValue else {
            return address.map { "none for this host at \($0)" } ?? "none"
        }
        return "\(name) at \(address ?? "?")"
    }

    private static func row(_ candidate: JSON, _ taken: String?) -> [String] {
        let name = candidate["route"]?.stringValue ?? "?"
        let verdict = candidate["givenUp"] == true ? "would take too long" : "does not match"
        let failed = candidate["failed"]?.stringValue.map { "\($0) \(verdict)" }
        return [
            name, candidate["upstream"]?.stringValue ?? "-",
            failed ?? (name == taken ? "taken" : "matches, ranks lower"),
        ]
    }
}
