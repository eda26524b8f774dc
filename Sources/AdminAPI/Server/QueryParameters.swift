import GatewayModel

/// The query of a call, decoded; every parameter is one that the operation knows, and comes once.
struct QueryParameters: Sendable {
    /// More faults than this help nobody.
    private static let mostErrors = 20
    private let values: [String: String]

    /// - Throws: `malformed-query` with one error for each parameter that is unknown, repeated or badly encoded.
    init(parsing query: String?, allowed: Set<String>) throws(Refusal) {
        var values: [String: String] = [:]
        var errors: [JSON] = []
        for pair in (query ?? "").split(separator: "&") where errors.count < Self.mostErrors {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = parts.count == 2 ? Self.decoded(parts[1]) : "" else {
                errors.append(Self.error("bad-encoding", "`\(pair)` is not percent-encoded UTF-8."))
                continue
            }
            if !allowed.contains(name) {
                errors.append(Self.error("unknown-parameter", Self.unknown(name, allowed)))
            } else if values.updateValue(value, forKey: name) != nil {
                errors.append(Self.error("repeated-parameter", "`\(name)` is given twice."))
            }
        }
        if !errors.isEmpty { throw Refusal(.malformedQuery, "The query has faults.", errors: errors) }
        self.values = values
    }

    subscript(name: String) -> String? { self.values[name] }

    /// A flag: absent is `false`, `name`, `name=` and `name=true` are `true`.
    func flag(_ name: String) throws(Refusal) -> Bool {
        switch self.values[name] {
        case nil, "false": return false
        case "", "true": return true
        default: throw Self.refusal(name, "must be true or false")
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(Refusal) -> Int64? {
        guard let text = self.values[name] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw Self.refusal(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A duration such as `5s`, not longer than `limit`.
    func duration(_ name: String, default standard: Duration, limit: Duration) throws(Refusal) -> Duration {
        guard let text = self.values[name] else { return standard }
        guard let milliseconds = parseMilliseconds(text) else {
            throw Self.refusal(name, "must be a duration such as 5s or 250ms")
        }
        return min(.milliseconds(Int64(clamping: milliseconds)), limit)
    }

    static func refusal(_ name: String, _ problem: String) -> Refusal {
        Refusal(
            .malformedQuery, "The query has faults.",
            errors: [Self.error("bad-value", "`\(name)` \(problem).")])
    }

    private static func unknown(_ name: String, _ allowed: Set<String>) -> String {
        if allowed.isEmpty { return "`\(name)` is not known; this operation takes no parameters." }
        return "`\(name)` is not known; this operation takes \(allowed.sorted().joined(separator: ", "))."
    }

    private static func error(_ code: String, _ detail: String) -> JSON {
        .object(["pointer": "", "code": .string(code), "detail": .string(detail)])
    }

    /// `nil` for an escape that is none, and for what is not UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
