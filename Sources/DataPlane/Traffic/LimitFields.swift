import HTTPWire
import RateLimiting
import Reactor
import TrafficControl

/// A request that a rate limit refuses.
struct LimitRefusal {
    let rule: Unmanaged<RateLimitRule>
    /// Milliseconds until it would pass.
    let wait: UInt64
}

/// What a policy tells clients of its limits (draft-ietf-httpapi-ratelimit-headers): two field lines, which are written side by
/// side into memory that somebody lends.
struct LimitFields {
    /// Lines of one request take so many bytes at most; policies beyond are counted and not told.
    static let mostBytes = 16 * 1024
    private static let room = 8 * 1024

    private var policies, states: ByteWriter
    private var isEmpty = true

    /// - Parameter memory: of 16 KiB.
    init(_ memory: UnsafeMutablePointer<UInt8>) {
        self.policies = ByteWriter(memory, capacity: Self.room)
        self.states = ByteWriter(memory + Self.room, capacity: Self.room)
    }

    mutating func append(_ limit: RateLimitRule.Limit, _ decision: LimitDecision) {
        self.policies.append(self.isEmpty ? "RateLimit-Policy: " : ", ")
        self.states.append(self.isEmpty ? "RateLimit: " : ", ")
        self.isEmpty = false
        limit.writePolicy(into: &self.policies)
        limit.write(decision, into: &self.states)
    }

    /// `nil` where no limit has counted the request.
    var lines: (policies: ByteWriter, states: ByteWriter)? {
        guard !self.isEmpty else { return nil }
        var (policies, states) = (self.policies, self.states)
        policies.append("\r\n")
        states.append("\r\n")
        return policies.isOverrun || states.isOverrun ? nil : (policies, states)
    }
}

extension Unmanaged<RateLimitRule> {
    /// Whether the same policy, perhaps compiled before, is one of those.
    func isAmong(_ others: UnsafeBufferPointer<Self>?) -> Bool {
        guard let others else { return false }
        let identity = self._withUnsafeGuaranteedRef { $0.identity }
        for other in others where other._withUnsafeGuaranteedRef({ $0.identity }) == identity { return true }
        return false
    }
}
