import GatewayModel

/// A problem document (RFC 9457) as lines: what was refused, then each fault with its place and hint.
enum ProblemText {
    static func lines(status: Int, _ problem: JSON) -> [String] {
        let title = problem["title"]?.stringValue ?? "refused"
        var head = "\(status) \(title)"
        if let detail = problem["detail"]?.stringValue { head += ": \(detail)" }
        if let id = problem["requestId"]?.stringValue { head += " [request \(id)]" }
        let faults = problem["errors"]?.arrayValue?.map(Self.line) ?? []
        return [head] + faults + Self.advice(status)
    }

    private static func line(_ fault: JSON) -> String {
        let pointer = fault["pointer"]?.stringValue ?? ""
        var line = "  \(pointer.isEmpty ? "/" : pointer): \(fault["detail"]?.stringValue ?? "not valid")"
        if let hint = fault["hint"]?.stringValue { line += " (\(hint))" }
        return line
    }

    private static func advice(_ status: Int) -> [String] {
        guard status == 401 else { return [] }
        return ["  give a token with --token-file, SLUICE_TOKEN or `sluice context set`"]
    }
}
