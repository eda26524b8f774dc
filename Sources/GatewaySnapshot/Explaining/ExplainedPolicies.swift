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
        guard entry.policy.settings.isReplaced else { return nil }
        let later = self.entries[(index + 1)...].last { $0.policy.settings.typeName == entry.policy.settings.typeName }
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
                "policy": .string(entry.policy.name), "type": .string(entry.policy.settings.typeName),
                "from": .string(entry.origin.rawValue), "inForce": .bool(entry.setAside == nil),
                "detail": .string(entry.setAside ?? entry.policy.settings.text), "decision": .null, "reason": .null,
                "why": .null,
            ]
        }
    }
}

extension TrafficPolicy.Settings {
    fileprivate var typeName: String {
        switch self {
        case .compression: "compression"
        case .fault: "fault"
        }
    }

    /// Of several of the type the last alone counts; all of the others count.
    fileprivate var isReplaced: Bool {
        switch self {
        case .compression: true
        case .fault: false
        }
    }

    /// What it does.
    fileprivate var text: String {
        switch self {
        case .compression(let policy):
            "\(policy.algorithms.map(\.rawValue).joined(separator: ", ")) from \(policy.minBytes) bytes on"
        case .fault(let fault): fault.text
        }
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
