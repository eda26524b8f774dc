import Hummingbird

extension AdminOperations {
    /// Tokens, and the control plane's own log.
    var tokens: [Operation] {
        let tokens = TokenOperations(state: self.state, authority: self.authority)
        return [
            Operation(.get, "/v1/tokens", for: .role(.admin), handler: tokens.list),
            Operation(.post, "/v1/tokens", for: .role(.admin), handler: tokens.create),
            Operation(.delete, "/v1/tokens/{name}", for: .role(.admin), handler: tokens.revoke),
            Operation(
                .get, "/v1/logs", for: .role(.viewer), query: ReadLogs.parameters,
                handler: ReadLogs(ring: self.logs).callAsFunction),
        ]
    }
}
