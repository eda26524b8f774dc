import RateLimiting

/// What the store is asked about one request: a key for each limit, and what the script needs of it.
struct StoreQuestion {
    var keys: [[UInt8]] = []
    var arguments: [[UInt8]] = []
}

extension StoreReply {
    /// Five numbers for each limit; `nil` for any other reply.
    func decisions(_ limits: Int) -> [StoreDecision]? {
        guard case .list(let items?) = self, items.count == 5 * limits else { return nil }
        var numbers: [Int64] = []
        for item in items {
            guard case .integer(let number) = item, number >= 0 else { return nil }
            numbers.append(number)
        }
        var decisions: [StoreDecision] = []
        for limit in 0..<limits {
            let place = 5 * limit
            let decision = LimitDecision(
                isAllowed: numbers[place] == 1, remaining: Int(numbers[place + 1]),
                resetsIn: UInt64(clamping: numbers[place + 2]), retryAfter: UInt64(clamping: numbers[place + 3]))
            decisions.append(StoreDecision(decision: decision, taken: Int(numbers[place + 4])))
        }
        return decisions
    }
}

/// What the store says of one limit.
struct StoreDecision {
    let decision: LimitDecision
    /// How many were taken, the request's own among them.
    let taken: Int
}
