import GatewayModel
import Hummingbird

/// `GET /v1/waf/events`: what the firewalls of all replicas found last.
struct ReadFirewallEvents: Sendable {
    static let parameters: Set<String> = ["after", "limit", "wait", "policy", "route", "rule"]

    let ring: FirewallEventRing

    func callAsFunction(_ call: Call) async throws -> Response {
        let filter = try FirewallEventFilter(call.query)
        let limit = Int(try call.query.integer("limit", in: 1...1000) ?? 100)
        let wait = try call.query.duration("wait", default: .zero, limit: .seconds(30))
        let cursor = try call.query["after"].map { text throws(Refusal) in try FirewallEventCursor(parsing: text) }
        let isRestarted = cursor.map { $0.epoch != self.ring.epoch } ?? false
        let after = isRestarted ? 0 : cursor?.number ?? 0
        let page = await self.page(after: after, limit: limit, wait: wait, filter)
        let next = FirewallEventCursor(epoch: self.ring.epoch, number: page.last)
        return Response(
            json: .object([
                "items": .array(page.events.map { .object($0.document) }), "next": .string(next.text),
                "dropped": .integer(page.dropped), "restarted": .bool(isRestarted),
            ]))
    }

    /// Waits on where what came is not what was asked for.
    private func page(
        after: Int64, limit: Int, wait: Duration, _ filter: FirewallEventFilter
    ) async -> FirewallEventRing.Page {
        let end = ContinuousClock.now + wait
        var page = self.ring.page(after: after, limit: limit, where: filter.takes)
        while page.events.isEmpty, !self.ring.isStopped, case let left = end - ContinuousClock.now, left > .zero {
            await self.ring.wait(after: page.last, upTo: left)
            page = self.ring.page(after: page.last, limit: limit, where: filter.takes)
        }
        return page
    }
}

/// Where reading goes on: the control plane's start, and the last event that was looked at.
struct FirewallEventCursor: Hashable, Sendable {
    let epoch: String
    let number: Int64

    var text: String { "\(self.epoch)-\(self.number)" }
}

extension FirewallEventCursor {
    init(parsing text: String) throws(Refusal) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), let number = Int64(parts[1]), number >= 0 else {
            throw QueryParameters.refusal("after", "is not one that this operation has given out")
        }
        self.init(epoch: String(parts[0]), number: number)
    }
}

/// Which events are asked for.
struct FirewallEventFilter: Sendable {
    let policy: String?
    let route: String?
    let rule: Int64?

    init(_ query: QueryParameters) throws(Refusal) {
        self.policy = query["policy"]
        self.route = query["route"]
        self.rule = try query.integer("rule", in: 1...Int64(Int32.max))
    }

    func takes(_ event: JSONObject) -> Bool {
        if let policy = self.policy, event["policy"]?.stringValue != policy { return false }
        if let route = self.route, event["route"]?.stringValue != route { return false }
        guard let rule = self.rule else { return true }
        return event["rules"]?.arrayValue?.contains { $0["id"]?.integerValue == rule } ?? false
    }
}
