import GatewayModel
import RateLimiting

/// Words that tell apart what is counted: the same in all workers and after a change of anything that they are not made of.
struct LimitIdentity {
    /// Of which word there have been how many: limits that are alike count apart.
    private var seen: [UInt64: UInt64] = [:]
    private let policy: String

    init(policy: String) { self.policy = policy }

    static func of(policy: String) -> UInt64 {
        var hash = LimitKeyHash(0)
        hash.append(policy)
        return hash.finish()
    }

    /// Of a policy, the period and the way of counting, the key and the condition: where the limit stands, and how much it
    /// lets pass, may change, and its counts stay.
    mutating func word(_ limit: RateLimitPolicy.Limit) -> UInt64 {
        var hash = LimitKeyHash(1)
        hash.append(self.policy)
        hash.append(word: UInt64(clamping: limit.period.milliseconds))
        hash.append(word: limit.burst == nil ? 0 : 1)
        hash.append(limit.key)
        if let when = limit.when { hash.append(when) } else { hash.appendAbsent() }
        let like = hash.finish()
        let before = self.seen[like, default: 0]
        self.seen[like] = before &+ 1
        hash.append(word: before)
        return hash.finish()
    }

    /// Of a policy on requests under way.
    static func word(concurrency policy: String, _ key: [LimitKeyPart]) -> UInt64 {
        var hash = LimitKeyHash(2)
        hash.append(policy)
        hash.append(key)
        return hash.finish()
    }
}

extension LimitKeyHash {
    fileprivate mutating func append(_ key: [LimitKeyPart]) {
        self.append(word: UInt64(key.count))
        for part in key {
            switch part {
            case .clientAddress: self.append("clientAddress")
            case .consumer: self.append("consumer")
            case .path: self.append("path")
            case .method: self.append("method")
            case .header(let name): self.append("header", name)
            case .claim(let name): self.append("claim", name)
            case .cookie(let name): self.append("cookie", name)
            case .query(let name): self.append("query", name)
            }
        }
    }

    fileprivate mutating func append(_ match: RouteMatch) {
        switch match.path {
        case .exact(let text): self.append("exact", text)
        case .prefix(let text): self.append("prefix", text)
        case .regex(let text): self.append("regex", text)
        }
        for condition in match.conditions {
            switch condition {
            case .methods(let methods): self.append("methods", methods.sorted().joined(separator: ","))
            case .header(let name, let value): self.append("header", name, value)
            case .query(let name, let value): self.append("query", name, value)
            case .cookie(let name, let value): self.append("cookie", name, value)
            }
        }
    }

    private mutating func append(_ kind: String, _ name: String, _ value: ValueMatch? = nil) {
        self.append(kind)
        self.append(name)
        switch value {
        case nil: break
        case .exact(let text): self.append("exact", text)
        case .regex(let text): self.append("regex", text)
        }
    }
}
