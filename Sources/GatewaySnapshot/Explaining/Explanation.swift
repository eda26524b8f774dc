package import GatewayModel
import Routing

/// Which route takes a request, and what became of the others.
package struct Explanation: Sendable {
    /// A listener, and where it listens.
    struct Place: Sendable {
        let listener: String?
        let address: String
        let port: UInt16
    }

    let method: String
    let host: String
    let path: String
    /// A worker would answer 400: it is no request that HTTP knows.
    let isBadRequest: Bool
    /// Where the request would arrive; `nil`: nobody listens on the URL's port.
    let place: Place?
    let routing: RouteExplanation?

    /// As the API and the command line show it.
    package var json: JSON {
        [
            "request": ["method": .string(self.method), "host": .string(self.host), "path": .string(self.path)],
            "listener": self.place?.listener.map(JSON.string) ?? .null,
            "address": self.place.map { .string("\($0.address):\($0.port)") } ?? .null,
            "route": self.routing?.taken.map { .string($0.name) } ?? .null,
            "upstream": self.routing?.taken?.upstreamJSON ?? .null,
            "split": .array(self.routing?.taken?.split ?? []),
            "status": self.routing?.taken?.answerStatus.map { .integer(Int64($0)) } ?? .null,
            "reason": self.reason.map(JSON.string) ?? .null,
            "candidates": .array(self.routing?.candidates.map(Self.candidate) ?? []),
        ]
    }

    /// Why the gateway itself answers; the codes of its problems.
    private var reason: String? {
        if self.isBadRequest { return "bad-request" }
        if self.method == "CONNECT" || self.method == "TRACE" { return "method-not-allowed" }
        if self.routing?.isGivenUp == true { return "pattern-limit" }
        return self.routing?.taken == nil ? "no-route" : nil
    }

    private static func candidate(_ candidate: RouteExplanation.Candidate) -> JSON {
        [
            "route": .string(candidate.route.name), "upstream": candidate.route.upstreamJSON,
            "failed": candidate.failed.map { .string($0.description) } ?? .null,
            "givenUp": .bool(candidate.isGivenUp),
        ]
    }
}

extension CompiledRoute {
    /// The upstream of its first share; null where it answers itself.
    fileprivate var upstreamJSON: JSON { self.upstream < 0 ? .null : .string(self.upstreamName) }

    /// Its shares, with their weights.
    fileprivate var split: [JSON] {
        guard self.upstream >= 0 else { return [] }
        guard let plan = self.plan?.takeUnretainedValue(), !plan.shares.isEmpty else {
            return [["upstream": .string(self.upstreamName), "weight": 1]]
        }
        return zip(plan.shares, plan.upstreamNames).map { share, name in
            ["upstream": .string(name), "weight": .integer(Int64(share.weight))]
        }
    }

    /// The status of an answer of its own.
    fileprivate var answerStatus: UInt16? { self.plan?.takeUnretainedValue().answer?.status }
}

extension Gateway {
    /// Explains a request with the code that serves it.
    ///
    /// The URL's port says where the request arrives. When nobody listens there, which is so for gateways behind a port
    /// mapping, all groups are asked and the first that has a route answers.
    package func explain(_ request: ExplainRequest) -> Explanation {
        guard let url = ExplainedURL(request.url), let head = ExplainedHead(request, url) else {
            return Explanation(
                method: request.method, host: "", path: request.url, isBadRequest: true, place: nil, routing: nil)
        }
        let host = head.host
        let answers = head.withRequest { request in
            var answers: [(slot: Int, routing: RouteExplanation)] = []
            for slot in self.slots(port: url.port) {
                answers.append((slot, self.table.explain(group: slot, host: host, request)))
            }
            return answers
        }
        let best =
            answers.first { $0.routing.taken != nil } ?? answers.first { $0.routing.listener != nil } ?? answers.first
        return Explanation(
            method: request.method, host: host, path: head.pathText, isBadRequest: false,
            place: best.map { self.place($0.slot, $0.routing) }, routing: best?.routing)
    }

    private func slots(port: UInt16) -> [Int] {
        let live = self.groups.indices.filter { !self.groups[$0].isRemoved }
        let exact = live.filter { self.groups[$0].port == port }
        return exact.isEmpty ? live : exact
    }

    private func place(_ slot: Int, _ routing: RouteExplanation) -> Explanation.Place {
        let group = self.groups[slot]
        return Explanation.Place(
            listener: routing.listener.map { group.listeners[$0].name }, address: group.address, port: group.port)
    }
}
