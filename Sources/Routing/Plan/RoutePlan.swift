package import GatewayModel
package import HTTPWire
package import Patterns

/// What requests of a route meet beyond one upstream and its times; plain routes have none.
///
/// Requests reach it without counting references: the route that holds it is retained for as long as a request needs it.
// Justified: what changes, the turns of the split, belongs to the loop that serves; a plan is made for one table alone.
package final class RoutePlan: @unchecked Sendable {
    /// In the order of the document; empty where the route answers itself.
    package let shares: UnsafeBufferPointer<SharePlan>
    /// `nil`: requests are forwarded.
    package let answer: OwnAnswer?
    package let mirrors: UnsafeBufferPointer<MirrorPlan>
    /// Of all upstreams that the route names, mirrors among them.
    package let upstreamNames: [String]
    /// `nil`: no try but the first.
    package let retry: RetryPlan?
    /// `nil`: the first share has every request.
    var split: SplitPlan?
    private let memory: PlanMemory

    /// What keeps a client in its share; `nil`: each request is by itself.
    package var sticky: SplitPlan.Sticky? { self.split?.sticky }

    /// - Parameter slot: of an upstream's name.
    /// - Parameter token: what a cookie has for a share, by its upstream's name and its place among those of that upstream.
    /// - Parameter patterns: compiles those of rewrites.
    /// - Returns: `nil` for a plain route.
    /// - Throws: what is wrong with a regular expression.
    package init?(
        _ route: Route, slot: (String) -> Int, token: (String, Int) -> [UInt8], patterns: inout PatternPool
    ) throws(PatternError) {
        guard !route.isPlain else { return nil }
        var memory = PlanMemory()
        swap(&memory.patterns, &patterns)
        var places: [String: Int] = [:]
        let list = route.forward.map { share in
            let place = places[share.upstream, default: 0]
            places[share.upstream] = place + 1
            return SharePlan(
                share, of: route, upstream: slot(share.upstream), token: token(share.upstream, place), &memory)
        }
        let shares = memory.room(for: list.count, of: SharePlan.self)
        _ = shares.initialize(from: list)
        self.shares = UnsafeBufferPointer(shares)
        self.split = SplitPlan(route, &memory)
        let mirrors = memory.room(for: route.mirrors.count, of: MirrorPlan.self)
        _ = mirrors.initialize(
            from: route.mirrors.map { MirrorPlan(upstream: slot($0.upstream), perMillion: $0.perMillion) })
        self.mirrors = UnsafeBufferPointer(mirrors)
        self.answer = OwnAnswer(route, &memory)
        self.upstreamNames = route.upstreamNames
        self.retry = route.retry.map(RetryPlan.init)
        swap(&memory.patterns, &patterns)
        if let fault = memory.fault { throw fault }
        self.memory = memory
    }

    /// A share by its place; `nil` where there is none.
    @inline(__always)
    package func share(at place: Int) -> UnsafePointer<SharePlan>? {
        guard place >= 0, place < self.shares.count else { return nil }
        return self.shares.baseAddress.map { $0 + place }
    }
}

/// A share as requests meet it.
// Justified: what it points at is never written to after it is made.
package struct SharePlan: @unchecked Sendable {
    /// Slot of the upstream.
    package let upstream: Int
    package let weight: Int
    /// Of requests and of answers; `nil`: fields pass as they come.
    package let requestRules, answerRules: FieldRules?
    /// `nil`: the backend sees what the client asked for.
    package let rewrite: RewritePlan?
    /// The value of the cookie that keeps a client here; empty where none does.
    package let token: UnsafeBufferPointer<UInt8>
    /// The value of the `Set-Cookie` that gives it to a client, but for `Secure`.
    package let cookie: UnsafeBufferPointer<UInt8>

    fileprivate init(_ share: Share, of route: Route, upstream: Int, token: [UInt8], _ memory: inout PlanMemory) {
        if case .cookie(let name, let lifetime) = route.sticky {
            self.token = memory.copy(token)
            self.cookie = memory.copy(AffinityCookie.text(name, token, lifetime: lifetime))
        } else {
            self.token = memory.copy("")
            self.cookie = memory.copy("")
        }
        self.upstream = upstream
        self.weight = share.weight
        self.requestRules = Self.rules(route.requestHeaders, share.requestHeaders, &memory)
        self.answerRules = Self.rules(route.responseHeaders, share.responseHeaders, &memory)
        self.rewrite = (share.rewrite ?? route.rewrite).map { RewritePlan($0, &memory) }
    }

    /// Those of the route, then those of the share.
    private static func rules(_ first: HeaderRules, _ second: HeaderRules, _ memory: inout PlanMemory) -> FieldRules? {
        var edit = HeaderEdit()
        edit.apply(first)
        edit.apply(second)
        return edit.isEmpty ? nil : edit.compiled(&memory)
    }
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
