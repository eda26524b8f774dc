import ArgumentParser
import ControlClient
import Documents
import Foundation
import GatewayModel

/// `sluice waf`: what firewalls do.
struct Firewall: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waf", abstract: "Shows what web application firewalls find.", subcommands: [FirewallTail.self])
}

/// `sluice waf tail`: the requests in which a firewall found something.
struct FirewallTail: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Shows what firewalls found, and goes on until it is interrupted.",
        discussion: """
            The control plane keeps the last events in memory. With -o json each line is an object of its own. It needs an \
            editor's token, because events hold parts of requests.

            Examples:
              sluice waf tail --policy shop
              sluice waf tail --rule 942100 --no-follow -o json | jq .path
            """)

    @Option(help: ArgumentHelp("Only events of this policy.", valueName: "name")) var policy: String?
    @Option(help: ArgumentHelp("Only events of this route.", valueName: "name")) var route: String?
    @Option(help: ArgumentHelp("Only events in which this rule matched.", valueName: "number")) var rule: Int?
    @Flag(name: .customLong("no-follow"), help: "Shows what is there and ends.") var isOnce = false

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plane = try ControlPlane(self.connection)
        if !self.isOnce { signal(SIGINT) { _ in _exit(0) } }
        var reading = FirewallReading()
        var isCurrent = false
        while true {
            do throws(CommandFailure) {
                let start = ContinuousClock.now
                let page = try self.page(plane, after: reading.next, waits: isCurrent && !self.isOnce)
                if let complaint = reading.take(page) { Terminal.complain(complaint) }
                let events = page.list("items")
                Terminal.show(events.map(self.line).joined(separator: "\n"))
                if events.isEmpty, self.isOnce { return }
                // A control plane that stops does not let anybody wait.
                if events.isEmpty, isCurrent, ContinuousClock.now - start < .seconds(1) {
                    Thread.sleep(forTimeInterval: 1)
                }
                isCurrent = events.isEmpty || isCurrent
            } catch {
                guard isCurrent, error.status == .error, !self.isOnce else { throw error }
                if reading.lose() { Terminal.complain("\(error.lines.first ?? ""); trying again") }
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }

    private func page(_ plane: borrowing ControlPlane, after: String?, waits: Bool) throws(CommandFailure) -> JSON {
        var query = Query()
        query.add("limit", "1000")
        query.add("after", after)
        query.add("policy", self.policy)
        query.add("route", self.route)
        query.add("rule", self.rule.map(String.init))
        if waits { query.add("wait", "25s") }
        var request = ClientRequest(.get, "/v1/waf/events" + query.text)
        request.timeoutMilliseconds = 60_000
        return try plane.call(request).body
    }

    private func line(_ event: JSON) -> String {
        switch self.format.output {
        case .table, .name: FirewallText.line(event)
        case .json: event.text()
        case .yaml: "---\n" + yamlText(event)
        }
    }
}

/// How far events were read, and what was said about those that are missing.
struct FirewallReading {
    /// What to ask on after.
    private(set) var next: String?
    private var dropped: Int64?
    private var isLost = false

    /// - Returns: what people should know about what is not shown.
    mutating func take(_ page: JSON) -> String? {
        self.next = page["next"]?.stringValue ?? self.next
        self.isLost = false
        let dropped = page["dropped"]?.integerValue ?? 0
        let before = self.dropped
        self.dropped = dropped
        if page["restarted"]?.boolValue == true { return "the control plane began anew: its events from the oldest on" }
        guard let before, dropped > before else { return nil }
        return "\(dropped - before) events were dropped"
    }

    /// - Returns: whether that is news.
    mutating func lose() -> Bool {
        defer { self.isLost = true }
        return !self.isLost
    }
}

/// Events as people read them.
enum FirewallText {
    static func line(_ event: JSON) -> String {
        let action = event["action"].shown
        let target = "\((event["host"]?.stringValue ?? "").harmless)\(event["path"].shown)"
        let rules = event.list("rules").map { "\($0["id"].shown) \($0["message"].shown)" }.joined(separator: "; ")
        return [
            event["time"].shown, event["replica"].shown,
            Terminal.styled(action, action == "refused" ? .bad : .doubtful), event["score"].shown,
            event["method"].shown, target, rules,
        ].joined(separator: "  ")
    }
}
