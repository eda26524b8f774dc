import GatewayModel
import Routing

/// The traffic policies that a request meets, each with where it comes from, and those that are out of force with the reason.
struct ExplainedPolicies {
    /// Where a policy is named.
    enum Origin: String { case listener, route }

    struct Entry {
        let policy: TrafficPolicy
        let origin: Origin
        /// `nil`: it is in force.
        var setAside: String?
    }

    private(set) var entries: [Entry]

    init(_ listener: Listener?, _ route: CompiledRoute, _ shared: SharedResources) {
        let own = route.policies.compactMap { shared.policies[$0] }
        self.entries =
            (listener?.policies ?? []).compactMap { shared.policies[$0] }.map { Entry(policy: $0, origin: .listener) }
            + own.map { Entry(policy: $0, origin: .route) }
        for index in self.entries.indices { self.entries[index].setAside = self.reason(index, route) }
    }

    /// What sets a policy aside; see `SharedResources` for what workers do.
    private func reason(_ index: Int, _ route: CompiledRoute) -> String? {
        let entry = self.entries[index]
        if entry.origin == .listener, !route.inherits { return "the route says inherit: false" }
        guard entry.policy.isReplaced else { return nil }
        let later = self.entries[(index + 1)...].last { $0.policy.type == entry.policy.type }
        guard let later else { return nil }
        return later.origin == entry.origin
            ? "\(later.policy.name), of the same type, comes after it"
            : "the route's \(later.policy.name), of the same type, replaces it"
    }

    private var inForce: [TrafficPolicy] { self.entries.filter { $0.setAside == nil }.map(\.policy) }

    /// The answer that a fault gives to every request; the route's faults come first.
    var abort: ExplainedAnswer? {
        let inOrder = self.entries.filter { $0.origin == .route } + self.entries.filter { $0.origin == .listener }
        for entry in inOrder where entry.setAside == nil {
            guard case .fault(let fault) = entry.policy.settings, let abort = fault.abort else { continue }
            // One that is drawn for some requests may come before one that is drawn for all.
            guard abort.perMillion < 1_000_000 else {
                return ExplainedAnswer(status: abort.status, reason: "fault-injected")
            }
            if abort.perMillion > 0 { return nil }
        }
        return nil
    }

    var json: [JSON] {
        self.entries.map { entry in
            [
                "policy": .string(entry.policy.name), "type": .string(entry.policy.type.rawValue),
                "from": .string(entry.origin.rawValue), "inForce": .bool(entry.setAside == nil),
                "detail": .string(entry.setAside ?? entry.policy.text), "decision": .null, "reason": .null,
                "why": .null,
            ]
        }
    }
}

extension TrafficPolicy {
    /// Of several of the type the last alone counts; all of the others count.
    fileprivate var isReplaced: Bool { self.type == .compression || self.type == .headers }

    /// What it does.
    fileprivate var text: String {
        let text =
            switch self.settings {
            case .rateLimit(let policy): policy.text
            case .concurrency(let policy): policy.text
            case .body(let policy): "bodies up to \(policy.maxBytes) bytes"
            case .waf(let policy):
                "\(policy.mode.rawValue)s from score \(policy.anomalyThreshold) on, paranoia level \(policy.paranoiaLevel)"
            case .headers(let policy): policy.text
            case .compression(let policy):
                "\(policy.algorithms.map(\.rawValue).joined(separator: ", ")) from \(policy.minBytes) bytes on"
            case .fault(let fault): fault.text
            }
        return self.observe ? "observes: \(text)" : text
    }
}

extension RateLimitPolicy {
    fileprivate var text: String {
        let limits = self.limits.map { limit in
            let burst = limit.burst.map { ", \($0) at once" } ?? ""
            return "\(limit.requests) a \(limit.period.rawValue)\(burst)\(limit.key.text)"
        }
        return "\(limits.joined(separator: "; ")) (\(self.scope.rawValue))"
    }
}

extension ConcurrencyPolicy {
    fileprivate var text: String {
        let queue = self.queue.map { ", \($0.maxRequests) wait up to \($0.timeout.durationText)" } ?? ""
        return "\(self.maxRequests) at once\(self.key.text)\(queue)"
    }
}

extension [LimitKeyPart] {
    /// Empty for one that tells no requests apart.
    fileprivate var text: String {
        let parts = self.map { part in
            switch part {
            case .clientAddress: "client address"
            case .header(let name): "header \(name)"
            case .claim(let name): "claim \(name)"
            case .consumer: "consumer"
            case .cookie(let name): "cookie \(name)"
            case .query(let name): "query \(name)"
            case .path: "path"
            case .method: "method"
            }
        }
        return parts.isEmpty ? "" : " for each \(parts.joined(separator: ", "))"
    }
}

extension HeadersPolicy {
    fileprivate var text: String {
        let presets = self.presets.map { "preset \($0.rawValue)" }
        let names = (self.rules.set + self.rules.add).map(\.name) + self.rules.remove.map { "no \($0)" }
        return (presets + names).joined(separator: ", ")
    }
}

extension FaultPolicy {
    fileprivate var text: String {
        let delay = self.delay.map { "delays \($0.perMillion.percentText) by \($0.duration.durationText)" }
        let abort = self.abort.map { "answers \($0.perMillion.percentText) with \($0.status)" }
        return [delay, abort].compactMap(\.self).joined(separator: ", ")
    }
}

extension Int {
    /// Of a million, as percent: `0.5 %`.
    fileprivate var percentText: String {
        let (whole, rest) = (self / 10_000, self % 10_000)
        guard rest > 0 else { return "\(whole) %" }
        var digits = String(10_000 + rest).dropFirst()
        while digits.hasSuffix("0") { digits = digits.dropLast() }
        return "\(whole).\(digits) %"
    }
}
