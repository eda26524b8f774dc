/// What a process remembers from request to request; one loop owns it.
package final class AccessMemory {
    /// Seconds since 1970; whoever asks rules sets it before.
    package var now: Int64 = 0
    /// Passwords that were right.
    var passwords = PasswordCache()

    package init() {}
}
