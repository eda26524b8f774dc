package import GatewayModel
package import HTTPWire
import Patterns
package import RateLimiting
import Routing

/// A rate limit, compiled.
package final class RateLimitRule: Sendable {
    /// Plain pointers, so that requests count no reference; the rule keeps what they point to.
    // Justified: what they point to is Sendable, or bytes that are never written to after they are made.
    package struct Limit: @unchecked Sendable {
        package let rate: LimitRate
        package let cost: Int
        /// See `LimitIdentity`.
        package let word: UInt64
        fileprivate let key: Unmanaged<LimitKey>
        /// `nil`: it counts every request.
        fileprivate let when: Unmanaged<RequestCondition>?
        /// Of `RateLimit-Policy`.
        fileprivate let policyMember: UnsafeBufferPointer<UInt8>
        /// The name of a member of `RateLimit`, and what stands before the number that is left.
        fileprivate let member: UnsafeBufferPointer<UInt8>
    }

    /// The policy's.
    package let name: String
    package let observe: Bool
    package let policy: RateLimitPolicy
    /// The replica counts by itself.
    package let isLocal: Bool
    /// The same wherever the policy is compiled: of the policy's name.
    package let identity: UInt64
    private let fixed: FixedValues<Limit>
    private let keys: [LimitKey]
    private let conditions: [RequestCondition]
    private let texts: [FixedValues<UInt8>]

    package var limits: UnsafeBufferPointer<Limit> { self.fixed.all }

    init(_ name: String, observe: Bool, _ policy: RateLimitPolicy) throws(PatternError) {
        var (limits, keys, conditions) = ([Limit](), [LimitKey](), [RequestCondition]())
        var texts: [FixedValues<UInt8>] = []
        var identity = LimitIdentity(policy: name)
        for (place, limit) in policy.limits.enumerated() {
            let key = LimitKey(limit.key)
            keys.append(key)
            var condition: RequestCondition?
            if let when = limit.when { condition = try RequestCondition(when) }
            if let condition { conditions.append(condition) }
            let member = policy.limits.count == 1 ? name : "\(name)-\(place + 1)"
            let text = FixedValues("\"\(member)\";q=\(limit.requests);w=\(limit.period.milliseconds / 1000)".utf8)
            let left = FixedValues("\"\(member)\";r=".utf8)
            texts += [text, left]
            limits.append(
                Limit(
                    rate: LimitRate(limit), cost: limit.cost, word: identity.word(limit), key: .passUnretained(key),
                    when: condition.map { .passUnretained($0) }, policyMember: text.all, member: left.all))
        }
        self.name = name
        self.observe = observe
        self.policy = policy
        self.isLocal = policy.scope == .local
        self.identity = LimitIdentity.of(policy: name)
        self.fixed = FixedValues(limits)
        (self.keys, self.conditions, self.texts) = (keys, conditions, texts)
    }
}

extension RateLimitRule.Limit {
    /// Whether the limit counts the request. A condition whose pattern was given up counts as one that holds.
    package func counts(_ request: LimitedRequest) -> Bool {
        guard let when = self.when else { return true }
        return when._withUnsafeGuaranteedRef { $0.test(request.request) } != .no
    }

    /// What the request is counted under.
    package func key(of request: LimitedRequest, seed: UInt64) -> UInt64 {
        var hash = LimitKeyHash(seed)
        hash.append(word: self.word)
        self.key._withUnsafeGuaranteedRef { $0.append(request, to: &hash) }
        return hash.finish()
    }

    /// Adds the limit to a `RateLimit-Policy` field (draft-ietf-httpapi-ratelimit-headers, section 3).
    package func writePolicy(into writer: inout ByteWriter) {
        guard let base = self.policyMember.baseAddress else { return }
        writer.append(base, count: self.policyMember.count)
    }

    /// Adds what is left to a `RateLimit` field (section 4).
    package func write(_ decision: LimitDecision, into writer: inout ByteWriter) {
        guard let base = self.member.baseAddress else { return }
        writer.append(base, count: self.member.count)
        writer.append(decimal: UInt64(clamping: decision.remaining))
        writer.append(";t=")
        writer.append(decimal: decision.resetsIn.wholeSeconds)
    }
}

extension UInt64 {
    /// Milliseconds as seconds, rounded up.
    package var wholeSeconds: UInt64 { self / 1000 &+ (self % 1000 == 0 ? 0 : 1) }
}
