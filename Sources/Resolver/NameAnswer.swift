package import GatewayModel

/// What came of looking up the name of a `Discovery`.
///
/// A name is asked for in parts, IPv4 and IPv6, and with SRV records each target: one part may fail while the others are
/// answered.
package struct NameAnswer: Sendable, Equatable {
    /// What came of one part.
    package enum Part: Sendable, Equatable {
        /// Empty when there is no such name, or none of this kind.
        case found([UpstreamEndpoint])
        /// Nobody knows; why, for people.
        case failed(String)
    }

    /// By what was asked for.
    package var parts: [String: Part]
    /// How many seconds the answer lives; `nil`: unknown.
    package var seconds: UInt32?

    package init(parts: [String: Part] = [:], seconds: UInt32? = nil) {
        self.parts = parts
        self.seconds = seconds
    }

    /// The shortest life counts.
    mutating func lives(_ seconds: UInt32) { self.seconds = min(self.seconds ?? seconds, seconds) }
}
