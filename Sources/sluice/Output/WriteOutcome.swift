import GatewayModel

/// What became of a write: done, or stored but not served everywhere in time (202).
struct WriteOutcome {
    private let status: Int
    private let body: JSON

    init(_ status: Int, _ body: JSON) {
        self.status = status
        self.body = body
    }

    /// Prints the outcome; an unfinished rollout is a failure that names the laggards.
    func show(_ format: OutputFormat, done: String) throws(CommandFailure) {
        for warning in self.body["warnings"]?.arrayValue ?? [] {
            Terminal.complain("warning: \(Self.place(warning))\(Self.text(warning))")
        }
        JSONOutput.show(self.body, format, table: done)
        guard self.status == 202, let laggards = self.body["laggards"]?.arrayValue else { return }
        throw CommandFailure(.rolloutUnfinished, ["not served by every replica in time:"] + laggards.map(Self.laggard))
    }

    private static func laggard(_ json: JSON) -> String {
        var line = "  \(json["id"]?.stringValue ?? "?"): \(json["state"]?.stringValue ?? "pending")"
        if let error = json["error"], error != .null { line += ": \(Self.text(error))" }
        return line
    }

    /// Which part of which resource a warning is about.
    private static func place(_ warning: JSON) -> String {
        guard let kind = warning["kind"]?.stringValue, let name = warning["name"]?.stringValue else { return "" }
        return "\(kind)/\(name): \(warning["pointer"]?.stringValue ?? ""): "
    }

    private static func text(_ json: JSON) -> String {
        json.stringValue ?? json["detail"]?.stringValue ?? json["message"]?.stringValue ?? json.text()
    }
}
