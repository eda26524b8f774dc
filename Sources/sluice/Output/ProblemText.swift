import GatewayModel

/// A problem document (RFC 9457) as lines: what was refused, then each fault with its place and hint.
enum ProblemText {
    /// - Parameter places: where in files each fault stands, as far as it is known.
    static func lines(status: Int, _ problem: JSON, places: [String?] = []) -> [String] {
        let title = problem["title"]?.stringValue ?? "refused"
        var head = "\(status) \(title)"
        if let detail = problem["detail"]?.stringValue { head += ": \(detail)" }
        if let id = problem["requestId"]?.stringValue { head += " [request \(id)]" }
        let faults = problem.list("errors").enumerated().map { index, fault in
            Self.line(fault, places.indices.contains(index) ? places[index] : nil)
        }
        return [head] + faults + Self.advice(status, problem)
    }

    private static func line(_ fault: JSON, _ place: String?) -> String {
        var parts = ["  "]
        if let place { parts.append("\(place): ") }
        if let kind = fault["kind"]?.stringValue, let name = fault["name"]?.stringValue {
            parts.append("\(kind)/\(name) ")
        }
        let pointer = fault["pointer"]?.stringValue ?? ""
        parts.append("\(pointer.isEmpty ? "/" : pointer): \(fault["detail"]?.stringValue ?? "not valid")")
        if let hint = fault["hint"]?.stringValue { parts.append(" (\(hint))") }
        return parts.joined()
    }

    private static func advice(_ status: Int, _ problem: JSON) -> [String] {
        switch (status, problem["reason"]?.stringValue) {
        case (401, _): ["  give a token with --token-file, SLUICE_TOKEN or `sluice context set`"]
        case (_, "owned-elsewhere"): ["  --force takes over what other sets own"]
        case (_, "plan-outdated"): ["  look at what changed with `sluice plan`, which also shows the new hash"]
        case (_, "version-pruned"):
            ["  `sluice versions` shows which there are; sluice-control --keep-versions says how many are kept"]
        default: []
        }
    }
}
