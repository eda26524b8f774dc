import GatewayModel
import HTTPWire
import Routing

extension Milliseconds {
    /// As documents write it, with the largest units that it has: `1h30m`, `250ms`; `0s` for 0.
    var durationText: String {
        var rest = self
        var text = ""
        for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] as [(String, Milliseconds)] {
            if rest >= size { text += "\(rest / size)\(unit)" }
            rest %= size
        }
        return text.isEmpty ? "0s" : text
    }
}

extension JSON {
    static func duration(_ milliseconds: Milliseconds) -> JSON { .string(milliseconds.durationText) }
}

extension CompiledRoute {
    /// `0s` is no limit.
    var timeoutsJSON: JSON {
        [
            "request": .duration(self.requestTimeout), "backendRequest": .duration(self.backendRequestTimeout),
            "idle": .duration(self.idleTimeout),
        ]
    }

    /// When a request is tried again; null where it never is.
    func retryJSON(_ method: HTTPWire.Method) -> JSON {
        guard let retry = self.plan?.takeUnretainedValue().retry else { return .null }
        let methods = RetryRule.Method.allCases.filter { retry.allows($0) }
        return [
            "attempts": .integer(Int64(retry.attempts)),
            "on": .array(RetryRule.Trigger.allCases.filter { retry.follows($0) }.map { .string($0.rawValue) }),
            "statusCodes": .array((400..<600).filter { retry.follows(status: $0) }.map { .integer(Int64($0)) }),
            "methods": .array(methods.map { .string($0.rawValue) }),
            "backoff": ["base": .duration(retry.backoffBase), "max": .duration(retry.backoffMaximum)],
            "budget": [
                "percent": .integer(Int64(retry.budgetPercent)),
                "minConcurrency": .integer(Int64(retry.minimumConcurrency)),
            ],
            "applies": .bool(methods.contains { $0.wire == method }),
        ]
    }

    /// Who else gets copies.
    func mirrorsJSON(_ name: (Int) -> String?) -> JSON {
        .array(
            (self.plan?.takeUnretainedValue()).map { plan in
                plan.mirrors.map { mirror in
                    [
                        "upstream": name(mirror.upstream).map(JSON.string) ?? .null,
                        "percent": .percent(mirror.perMillion, of: 1_000_000),
                    ]
                }
            } ?? [])
    }
}

extension RetryRule.Method {
    fileprivate var wire: HTTPWire.Method {
        switch self {
        case .get: .get
        case .head: .head
        case .post: .post
        case .put: .put
        case .delete: .delete
        case .options: .options
        case .patch: .patch
        }
    }
}
