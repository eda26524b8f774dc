import GatewayModel

/// A problem document (RFC 9457) as lines: what was refused, then each fault with its place and hint.
enum ProblemText {
    /// - Parameter places: where in files each fault stands, as far as it is known.
    static func lines(status: Int, _ problem: JSON, places: [String?] = [], retryAfter: String? = nil) -> [String] {
        let title = problem["title"]?.stringValue ?? "refused"
        var head = "\(status) \(title)"
        if let detail = problem["detail"]?.stringValue {
            head = detail.hasPrefix(title) ? "\(status) \(detail)" : "\(head): \(detail)"
        }
        if let id = problem["requestId"]?.stringValue { head += " [request \(id)]" }
        let faults = problem.list("errors").enumerated().map { index, fault in
            Self.line(fault, places.indices.contains(index) ? places[index] : nil)
        }
        let later = retryAfter.flatMap { Int($0) }.map { ["  try again in \($0) s"] } ?? []
        return [head] + faults + later + Self.advice(status, problem)
    }

    private static func line(_ fault: JSON, _ place: String?) -> String {
        let pointer = fault["pointer"]?.stringValue ?? ""
        let subject = [fault.keyText, pointer.isEmpty ? nil : pointer].compactMap(\.self).joined(separator: " ")
        let parts = [place, subject.isEmpty ? nil : subject, fault["detail"]?.stringValue ?? "not valid"]
        // The hint of an owner is how the API is asked to take over; the advice says it for the command line.
        let hint = fault["code"] == "owned" ? nil : fault["hint"]?.stringValue
        return "  " + parts.compactMap(\.self).joined(separator: ": ") + (hint.map { " (\($0))" } ?? "")
    }

    private static func advice(_ status: Int, _ problem: JSON) -> [String] {
        switch (status, problem["reason"]?.stringValue) {
        case (401, _), (429, _): ["  give a token with --token-file, SLUICE_TOKEN or `sluice context set`"]
        case (_, "owned-elsewhere"): ["  --force takes over what other sets own"]
        case (_, "plan-outdated"): ["  look at what changed with `sluice plan`, which also shows the new hash"]
        case (_, "version-pruned"):
            ["  `sluice versions` shows which there are; sluice-control --keep-versions says how many are kept"]
        default: []
        }
    }
}
