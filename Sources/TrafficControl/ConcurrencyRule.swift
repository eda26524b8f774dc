package import GatewayModel
import RateLimiting

/// A limit on requests under way.
package final class ConcurrencyRule: Sendable {
    package let name: String
    package let observe: Bool
    package let policy: ConcurrencyPolicy
    /// The same wherever the policy is compiled; see `LimitIdentity`.
    package let identity: UInt64
    private let key: LimitKey
    private let word: UInt64

    init(_ name: String, observe: Bool, _ policy: ConcurrencyPolicy) {
        self.name = name
        self.observe = observe
        self.policy = policy
        self.identity = LimitIdentity.of(policy: name)
        self.key = LimitKey(policy.key)
        self.word = LimitIdentity.word(concurrency: name, policy.key)
    }

    /// What the request is counted under.
    package func key(of request: LimitedRequest, seed: UInt64) -> UInt64 {
        var hash = LimitKeyHash(seed)
        hash.append(word: self.word)
        self.key.append(request, to: &hash)
        return hash.finish()
    }
}
