/// The keys of TLS session tickets that all workers of a replica share: the newest makes tickets, the others still open
/// those made before.
///
/// A stolen key opens what was recorded under it (RFC 5077 section 5.6, RFC 9325 section 3.4), so each is used for an
/// hour and forgotten two hours later. Time and randomness are arguments.
struct TicketKeyRing: Equatable {
    /// 16 for the name, 32 to encrypt, 32 to authenticate.
    static let keyBytes = 80
    static let keptKeys = 3
    static let retryMilliseconds: UInt64 = 60_000
    static let rotationMilliseconds: UInt64 = 3_600_000

    /// Newest first; empty until the first rotation.
    private(set) var keys: [[UInt8]]
    private(set) var rotatesAt: Instant

    /// The first key is due at once.
    init(at now: Instant) {
        self.keys = []
        self.rotatesAt = now
    }

    /// Continues where another supervisor stood; keys of another length are left out.
    init(handed keys: [[UInt8]], rotatesInMilliseconds: UInt64, at now: Instant) {
        self.keys = Array(keys.filter { $0.count == Self.keyBytes }.prefix(Self.keptKeys))
        let remaining = min(rotatesInMilliseconds, Self.rotationMilliseconds)
        self.rotatesAt = self.keys.isEmpty ? now : now.advanced(by: remaining)
    }

    func isDue(at now: Instant) -> Bool { now >= self.rotatesAt }

    /// - Parameter key: `keyBytes` random bytes. With anything else the ring stays as it is, and the next key is due in a
    ///   minute.
    mutating func rotate(to key: [UInt8], at now: Instant) {
        guard key.count == Self.keyBytes else {
            self.rotatesAt = now.advanced(by: Self.retryMilliseconds)
            return
        }
        self.keys = Array(([key] + self.keys).prefix(Self.keptKeys))
        self.rotatesAt = now.advanced(by: Self.rotationMilliseconds)
    }
}
