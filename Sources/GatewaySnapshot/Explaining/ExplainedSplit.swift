import GatewayModel
import HTTPWire
import Routing

/// Which share of a route gets a request, and what decides over it.
struct ExplainedSplit {
    /// What decides.
    enum Decision: String {
        /// No other share gets anything.
        case only
        case cookie, header
        case clientAddress = "client-address"
        /// The turn that it is; another request may go elsewhere.
        case weights
        /// All weights are 0.
        case none
    }

    struct Share {
        let upstream: String
        let weight: Int
    }

    let shares: [Share]
    let decision: Decision
    /// `nil`: any that has a weight, or none.
    let place: Int?
    private let detail: String

    /// Places of those that may get the request.
    var possible: [Int] {
        if let place { return [place] }
        return self.shares.indices.filter { self.shares[$0].weight > 0 }
    }

    /// - Parameter hasHead: a tunnel has none.
    init(_ route: CompiledRoute, _ head: ExplainedHead, client: IPBytes, hasHead: Bool) {
        guard let plan = route.plan?.takeUnretainedValue(), !plan.shares.isEmpty else {
            self.shares = [Share(upstream: route.upstreamName, weight: 1)]
            (self.decision, self.place, self.detail) = (.only, 0, "the route has one share")
            return
        }
        let shares = zip(plan.shares, plan.upstreamNames).map { Share(upstream: $1, weight: $0.weight) }
        self.shares = shares
        let weighted = shares.indices.filter { shares[$0].weight > 0 }
        let sticky = Self.sticky(plan, head, client: client, hasHead: hasHead)
        switch (weighted.count, sticky) {
        case (0, _): (self.decision, self.place, self.detail) = (.none, nil, "all weights are 0")
        case (1, nil): (self.decision, self.place, self.detail) = (.only, weighted[0], Self.only(shares.count))
        case (_, let sticky?): (self.decision, self.place, self.detail) = sticky
        case (_, nil):
            (self.decision, self.place) = (.weights, nil)
            self.detail = "requests take turns by weight\(Self.missing(plan, hasHead: hasHead))"
        }
    }

    var json: JSON {
        let share: JSON = [
            "place": self.place.map { .integer(Int64($0)) } ?? .null,
            "upstream": self.place.map { .string(self.shares[$0].upstream) } ?? .null,
            "by": .string(self.decision.rawValue), "detail": .string(self.detail),
        ]
        return share
    }

    /// All shares.
    var list: JSON {
        let sum = self.shares.reduce(0) { $0 + $1.weight }
        return .array(
            self.shares.enumerated().map { place, share in
                [
                    "upstream": .string(share.upstream), "weight": .integer(Int64(share.weight)),
                    "percent": .percent(share.weight, of: sum), "taken": .bool(place == self.place),
                ]
            })
    }

    /// What workers do: see their `share` of a plan.
    private static func sticky(
        _ plan: RoutePlan, _ head: ExplainedHead, client: IPBytes, hasHead: Bool
    ) -> (Decision, Int?, String)? {
        switch plan.sticky {
        case nil: return nil
        case .clientAddress:
            return plan.share(of: client.keyHash).map {
                (.clientAddress, $0, "a hash of the client's address \(client.text)")
            }
        case .header(let name) where hasHead:
            let hash = head.withRequest { $0.hash(of: .header, named: UnsafeRawBufferPointer(name)) }
            return hash.flatMap { plan.share(of: $0) }.map { (.header, $0, "a hash of the field \(name.text)") }
        case .cookie(let name) where hasHead:
            let named = head.withRequest { request in
                request.cookie(UnsafeRawBufferPointer(name)).flatMap { plan.share(named: $0) }
            }
            return named.map { (.cookie, $0, "the cookie \(name.text) names this share") }
        case .header, .cookie: return nil
        }
    }

    private static func only(_ count: Int) -> String {
        count == 1 ? "the route has one share" : "all other shares have the weight 0"
    }

    private static func missing(_ plan: RoutePlan, hasHead: Bool) -> String {
        guard hasHead else { return "" }
        return switch plan.sticky {
        case .cookie(let name): "; the cookie \(name.text) names no share, and the answer will set it"
        case .header(let name): "; the request has no field \(name.text)"
        case .clientAddress, nil: ""
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension JSON {
    /// A part of a whole in percent, with two digits at most; 0 of nothing.
    static func percent(_ part: Int, of whole: Int) -> JSON {
        guard whole > 0 else { return 0 }
        let hundredths = (Int64(part) * 20_000 / Int64(whole) + 1) / 2
        return hundredths % 100 == 0 ? .integer(hundredths / 100) : .double(Double(hundredths) / 100)
    }
}
