extension AdminOperations {
    /// Tokens, and the control plane's own log.
    var tokens: [Operation] { [] }
}
