import JOSE

/// What a process remembers from request to request; one loop owns it.
package final class AccessMemory {
    /// Tokens that are kept; more than a worker has callers at a time.
    private static let tokens = (entries: 16_384, bytes: 16 << 20)

    /// Seconds since 1970; whoever asks rules sets it before.
    package var now: Int64 = 0
    /// Milliseconds on a clock that only goes forward; whoever asks rules sets it before.
    package var milliseconds: UInt64 = 0
    /// The key sets that were fetched.
    package let keys = KeyRing()
    /// Passwords that were right.
    var passwords = PasswordCache()
    /// Tokens that were verified.
    var tokens: CredentialCache<VerifiedToken>

    package init() {
        var generator = SystemRandomNumberGenerator()
        // Justified: a secret and no decision; no result depends on it.
        self.tokens = CredentialCache(
            entries: Self.tokens.entries, bytes: Self.tokens.bytes, key: (generator.next(), generator.next()))
    }
}
