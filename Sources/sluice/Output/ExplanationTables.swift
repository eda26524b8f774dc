import GatewayModel

/// The tables below an explanation: policies, endpoints where there is more than one, candidates.
enum ExplanationTables {
    static func all(_ explanation: JSON) -> [Table] {
        [
            Self.table(["POLICY", "TYPE", "FROM", "DECISION", "EFFECT"], Self.policies(explanation)),
            Self.table(["ENDPOINT", "UPSTREAM", "WEIGHT", "STATE", "SEEN BY"], Self.endpoints(explanation)),
            Self.table(["CANDIDATE", "UPSTREAM", "VERDICT"], Self.candidates(explanation)),
        ].compactMap(\.self)
    }

    /// - Returns: `nil` for no rows.
    private static func table(_ columns: [String], _ rows: [[String]]) -> Table? {
        rows.isEmpty ? nil : Table(columns, rows.map { row in row.map { Cell($0) } })
    }

    private static func policies(_ explanation: JSON) -> [[String]] {
        (explanation["policies"]?.arrayValue ?? []).map { policy in
            let detail = policy["detail"]?.stringValue ?? ""
            return [
                policy["policy"]?.stringValue ?? "?", policy["type"]?.stringValue ?? "?",
                policy["from"]?.stringValue ?? "?", Self.decision(policy),
                policy["inForce"] == true ? policy["why"]?.stringValue ?? detail : "not in force: \(detail)",
            ]
        }
    }

    private static func decision(_ policy: JSON) -> String {
        guard let decision = policy["decision"]?.stringValue else { return "-" }
        let word = decision == "notReached" ? "not reached" : decision
        return policy["reason"]?.stringValue.map { "\(word): \($0)" } ?? word
    }

    private static func endpoints(_ explanation: JSON) -> [[String]] {
        var rows: [[String]] = []
        for destination in explanation["destinations"]?.arrayValue ?? [] {
            let views = destination["views"]?.arrayValue ?? []
            for view in views {
                let endpoints = view["endpoints"]?.arrayValue ?? []
                guard endpoints.count > 1 || views.count > 1 || endpoints.contains(where: { $0["healthy"] == false })
                else { continue }
                rows += endpoints.map { Self.row($0, destination, view) }
            }
        }
        return rows
    }

    private static func row(_ endpoint: JSON, _ destination: JSON, _ view: JSON) -> [String] {
        let replicas = view["replicas"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return [
            endpoint["endpoint"]?.stringValue ?? "?", destination["upstream"]?.stringValue ?? "?",
            "\(endpoint["weight"]?.integerValue ?? 0)", Self.state(endpoint, view),
            replicas.isEmpty
                ? "-" : replicas.count > 3 ? "\(replicas.count) replicas" : replicas.joined(separator: ", "),
        ]
    }

    private static func state(_ endpoint: JSON, _ view: JSON) -> String {
        let backup = endpoint["backup"] == true ? "backup, " : ""
        if view["endpoint"] == endpoint["endpoint"] { return backup + "chosen" }
        if endpoint["healthy"] == false {
            let reasons = endpoint["reasons"]?.arrayValue?.compactMap(\.stringValue).joined(separator: "; ") ?? ""
            let use = endpoint["candidate"] == true ? "used all the same: " : ""
            return backup + use + (reasons.isEmpty ? "unhealthy" : reasons)
        }
        if endpoint["candidate"] == true { return backup + (view["endpoint"] == .null ? "candidate" : "healthy") }
        return backup + (endpoint["weight"] == 0 ? "gets nothing" : "not needed")
    }

    private static func candidates(_ explanation: JSON) -> [[String]] {
        let taken = explanation["route"]?.stringValue
        return (explanation["candidates"]?.arrayValue ?? []).map { candidate in
            let name = candidate["route"]?.stringValue ?? "?"
            let verdict = candidate["givenUp"] == true ? "would take too long" : "does not match"
            let failed = candidate["failed"]?.stringValue.map { "\($0) \(verdict)" }
            return [
                name, candidate["upstream"]?.stringValue ?? "-",
                failed ?? (name == taken ? "taken" : "matches, ranks lower"),
            ]
        }
    }
}
