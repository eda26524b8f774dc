import HTTPTypes

/// Whether the token of a call is still good: a body may take a minute to come, and an answer as long to go.
struct Standing: Sendable {
    /// Of what nobody asked for with a token.
    static let unconditional = Standing { true }

    private let isGood: @Sendable () -> Bool

    init(isGood: @escaping @Sendable () -> Bool) { self.isGood = isGood }

    /// - Throws: `unauthenticated` when the token was revoked or has expired meanwhile.
    func check() throws(Refusal) {
        if self.isGood() { return }
        throw Refusal(unauthenticated: "The token was revoked, or it has expired.")
    }
}

extension Refusal {
    /// A call without a token that is good.
    init(unauthenticated detail: String) {
        self.init(.unauthenticated, detail, headers: [.wwwAuthenticate: "Bearer"])
    }
}
