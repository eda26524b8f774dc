import GatewayModel

/// An explanation for people: what was asked, the route taken, then each candidate with what it failed on.
enum ExplanationText {
    static func text(_ explanation: JSON) -> String {
        let host = explanation["request"]?["host"]?.stringValue ?? ""
        let path = explanation["request"]?["path"]?.stringValue ?? ""
        var lines = ["request   \(host)\(path)", "listener  \(Self.listener(explanation))"]
        if let route = explanation["route"]?.stringValue {
            lines.append("route     \(route) → upstream \(explanation["upstream"]?.stringValue ?? "?")")
        } else {
            lines.append("route     none: the gateway answers 404")
        }
        let candidates = explanation["candidates"]?.arrayValue ?? []
        guard !candidates.isEmpty else { return lines.joined(separator: "\n") }
        let taken = explanation["route"]?.stringValue
        let table = Table(columns: ["CANDIDATE", "UPSTREAM", "VERDICT"], rows: candidates.map { Self.row($0, taken) })
        return (lines + ["", table.text]).joined(separator: "\n")
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
        let failed = candidate["failed"]?.stringValue.map { "\($0) does not match" }
        return [
            name, candidate["upstream"]?.stringValue ?? "?",
            failed ?? (name == taken ? "taken" : "matches, ranks lower"),
        ]
    }
}
