import GatewayModel

/// Another upstream that gets copies of a route's requests.
package struct MirrorPlan: Sendable {
    /// Slot of the upstream.
    package let upstream: Int
    /// Of a million requests, how many are copied.
    package let perMillion: Int
}

extension UInt64 {
    /// Whether a random number hits so many of a million.
    package func hits(perMillion: Int) -> Bool {
        self.multipliedFullWidth(by: 1_000_000).high < UInt64(clamping: perMillion)
    }
}
