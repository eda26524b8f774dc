import ArgumentParser
import ControlClient
import GatewayModel

/// The options that all writes have.
struct WriteOptions: ParsableArguments {
    @Flag(help: "Checks everything and changes nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Waits until every live replica serves the change, as 60s or 5m. Exit code 3 if that takes longer.",
            valueName: "duration"))
    var wait: Wait?

    var query: Query {
        var query = Query()
        query.add("dryRun", self.dryRun)
        return query
    }
}

/// A write: what it did is shown, then what is said about it, then its rollout is waited for.
struct Write {
    let options: WriteOptions
    let format: OutputFormat

    /// - Parameter name: what `-o name` shows.
    func show(
        _ answer: PlaneAnswer, _ plane: borrowing ControlPlane, people: String, name: String? = nil
    ) throws(CommandFailure) {
        for warning in answer.body.list("warnings") { Terminal.complain("warning: \(warning.sentence)") }
        Document.show(answer.body, self.format, people: people, name: name)
        if !self.options.dryRun { self.noteKeys(answer.body) }
        guard !self.options.dryRun, let wait = self.options.wait, let version = answer.version else { return }
        let rollout = try RolloutWait(version: String(version)).run(plane, for: wait, isStored: true)
        try rollout.requireComplete()
        Terminal.complain(rollout.isUnserved ? "warning: \(rollout.summary)" : rollout.summary)
    }

    /// Keys that were made have no second time: where the format has no place for them, they are shown here.
    private func noteKeys(_ body: JSON) {
        let lines = GeneratedText.lines(body)
        if lines.isEmpty { return }
        if self.format == .name { lines.forEach(Terminal.complain) }
        Terminal.complain(GeneratedText.note)
    }
}

extension JSON {
    /// A warning, or an effect on traffic: what it is about, then what is said.
    var sentence: String {
        let pointer = self["pointer"]?.stringValue ?? ""
        let place = self.keyText.map { pointer.isEmpty ? "\($0): " : "\($0): \(pointer): " } ?? ""
        return place + (self.stringValue ?? self["detail"]?.stringValue ?? self["message"]?.stringValue ?? self.text())
    }
}
