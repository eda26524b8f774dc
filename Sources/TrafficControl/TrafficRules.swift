package import Firewall
import GatewayModel
import Routing

/// A limit on bodies.
package final class BodyRule: Sendable {
    package let name: String
    package let observe: Bool
    package let maxBytes: Int

    init(_ name: String, observe: Bool, _ policy: BodyPolicy) {
        self.name = name
        self.observe = observe
        self.maxBytes = policy.maxBytes
    }
}

/// A firewall that a policy asks.
package final class FirewallRule: Sendable {
    package let name: String
    package let observe: Bool
    package let firewall: Firewall

    init(_ name: String, observe: Bool, _ firewall: Firewall) {
        self.name = name
        self.observe = observe
        self.firewall = firewall
    }

    /// Requests that it would refuse are not let through.
    package var blocks: Bool { self.firewall.policy.mode == .block && !self.observe }
}

/// The traffic rules that a route or a listener names.
package final class TrafficPlan: Sendable {
    package let limits: [RateLimitRule]
    /// The same, for requests: reading them counts no reference.
    // Justified: never written to after it is made, and rules are Sendable.
    package nonisolated(unsafe) let limitsAtHand: UnsafeBufferPointer<Unmanaged<RateLimitRule>>
    /// What keeps it.
    private let fixedLimits: FixedValues<Unmanaged<RateLimitRule>>
    /// Some of the limits are counted by a store.
    package let hasGlobalLimits: Bool
    package let concurrency: [ConcurrencyRule]
    package let bodies: [BodyRule]
    package let firewalls: [FirewallRule]

    /// - Returns: `nil` for no rules.
    init?(
        limits: [RateLimitRule], concurrency: [ConcurrencyRule], bodies: [BodyRule], firewalls: [FirewallRule]
    ) {
        if limits.isEmpty, concurrency.isEmpty, bodies.isEmpty, firewalls.isEmpty { return nil }
        self.limits = limits
        self.fixedLimits = FixedValues(limits.map { .passUnretained($0) })
        self.limitsAtHand = self.fixedLimits.all
        self.hasGlobalLimits = limits.contains { !$0.isLocal }
        self.concurrency = concurrency
        self.bodies = bodies
        self.firewalls = firewalls
    }
}

extension TrafficPlan: Hashable {
    package static func == (left: TrafficPlan, right: TrafficPlan) -> Bool {
        left === right
            || left.limits.elementsEqual(right.limits, by: ===)
                && left.concurrency.elementsEqual(right.concurrency, by: ===)
                && left.bodies.elementsEqual(right.bodies, by: ===)
                && left.firewalls.elementsEqual(right.firewalls, by: ===)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.limits.count) }
}
