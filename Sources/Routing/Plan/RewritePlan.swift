import GatewayModel

/// What a backend sees instead of what the client asked for.
// Justified: what it points at is never written to after it is made.
package struct RewritePlan: @unchecked Sendable {
    /// `nil`: the client's Host.
    package let hostname: UnsafeBufferPointer<UInt8>?
    /// `nil`: the client's path.
    package let path: PathChange?
}

extension RewritePlan {
    init(_ rewrite: Rewrite, _ memory: inout PlanMemory) {
        self.hostname = rewrite.hostname.map { memory.copy($0) }
        self.path = rewrite.path.flatMap { PathChange($0, &memory) }
    }
}

extension PathChange {
    init?(_ rewrite: PathRewrite, _ memory: inout PlanMemory) {
        switch rewrite {
        case .replaceFull(let path): self = .full(memory.copy(path))
        case .replacePrefix(let path): self = .prefix(memory.copy(path))
        case .regex(let text, let substitution):
            guard let (pattern, text) = memory.compile(text, substitution: substitution) else { return nil }
            self = .pattern(pattern, text)
        }
    }
}
