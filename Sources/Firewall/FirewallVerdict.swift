/// What the rules say of a request.
package struct FirewallVerdict: Hashable, Sendable {
    /// The request is not to pass, where the policy blocks.
    package var isRefused = false
    /// Of the rules that matched, together.
    package var score = 0
    /// Rules that matched, in their order; of very many the first.
    package var matches: [FirewallMatch] = []
    /// The engine could not come to an end; `nil`: it did.
    package var failure: String?

    package init() {}
}

/// One rule that matched.
package struct FirewallMatch: Hashable, Sendable {
    package let rule: Int
    /// As the rule says it.
    package let message: String
    /// `critical`, `error`, `warning`, `notice`, or another word of RFC 5424.
    package let severity: String
    /// What was looked at, as `ARGS:id`.
    package let place: String
    /// The beginning of what was found; empty where it may be a secret.
    package let excerpt: String

    package init(rule: Int, message: String, severity: String, place: String, excerpt: String) {
        self.rule = rule
        self.message = message
        self.severity = severity
        self.place = place
        self.excerpt = excerpt
    }
}
