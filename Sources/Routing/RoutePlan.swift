package import GatewayModel

/// What requests of a route meet beyond one upstream and its times; plain routes have none.
///
/// Requests reach it without counting references: the route that holds it is retained for as long as a request needs it.
// Justified: what changes, the turns of the split, belongs to the loop that serves; a plan is made for one table alone.
package final class RoutePlan: @unchecked Sendable {
    /// In the order of the document; empty where the route answers itself.
    package let shares: UnsafeBufferPointer<SharePlan>
    /// Of all upstreams that the route names, mirrors among them.
    package let upstreamNames: [String]
    /// `nil`: no try but the first.
    package let retry: RetryPlan?

    /// - Parameter slot: of an upstream's name.
    /// - Returns: `nil` for a plain route.
    package init?(_ route: Route, slot: (String) -> Int) {
        guard !route.isPlain else { return nil }
        let shares = UnsafeMutableBufferPointer<SharePlan>.allocate(capacity: route.forward.count)
        _ = shares.initialize(from: route.forward.map { SharePlan(upstream: slot($0.upstream), weight: $0.weight) })
        self.shares = UnsafeBufferPointer(shares)
        self.upstreamNames = route.upstreams.map(\.name)
        self.retry = route.retry.map(RetryPlan.init)
    }

    deinit {
        self.shares.deallocate()
    }
}

/// A share as requests meet it.
package struct SharePlan: Sendable {
    /// Slot of the upstream.
    package let upstream: Int
    package let weight: Int
}

/// When a request is tried again, in bits.
package struct RetryPlan: Sendable {
    package let attempts: Int
    /// Milliseconds.
    package let backoffBase, backoffMaximum: UInt64
    package let budgetPercent, minimumConcurrency: Int
    private let triggers: UInt8
    /// Of a status code from 400 on.
    private var statuses = InlineArray<4, UInt64>(repeating: 0)
    private let methods: UInt16

    init(_ rule: RetryRule) {
        self.attempts = rule.attempts
        (self.backoffBase, self.backoffMaximum) = (rule.backoffBase, rule.backoffMaximum)
        (self.budgetPercent, self.minimumConcurrency) = (rule.budgetPercent, rule.minimumConcurrency)
        self.triggers = rule.triggers.reduce(0) { $0 | $1.bit }
        self.methods = rule.methods.reduce(0) { $0 | $1.bit }
        for status in rule.statusCodes where 400..<656 ~= status {
            let index = Int(status) - 400
            self.statuses[index / 64] |= 1 << UInt64(index % 64)
        }
    }

    package func follows(_ trigger: RetryRule.Trigger) -> Bool { self.triggers & trigger.bit != 0 }

    package func follows(status: UInt16) -> Bool {
        guard 400..<656 ~= status else { return false }
        let index = Int(status) - 400
        return self.statuses[index / 64] & 1 << UInt64(index % 64) != 0
    }

    package func allows(_ method: RetryRule.Method) -> Bool { self.methods & method.bit != 0 }
}

extension RetryRule.Trigger {
    fileprivate var bit: UInt8 {
        switch self {
        case .connectFailure: 1
        case .refusedStream: 2
        case .reset: 4
        case .timeout: 8
        }
    }
}

extension RetryRule.Method {
    fileprivate var bit: UInt16 {
        switch self {
        case .get: 1
        case .head: 2
        case .post: 4
        case .put: 8
        case .delete: 16
        case .options: 32
        case .patch: 64
        }
    }
}

extension Route {
    /// One upstream gets every request as it came, once.
    fileprivate var isPlain: Bool {
        guard case .forward(let shares) = self.action, shares.count == 1, let share = shares.first else { return false }
        return share.weight > 0 && share.rewrite == nil && share.requestHeaders.isEmpty && share.responseHeaders.isEmpty
            && self.sticky == nil && self.rewrite == nil && self.requestHeaders.isEmpty && self.responseHeaders.isEmpty
            && self.mirrors.isEmpty && self.retry == nil
    }
}
