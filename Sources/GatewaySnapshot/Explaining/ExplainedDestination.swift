import ControlProtocol
import GatewayModel
import HTTPWire
import Routing

/// Where a share's requests go: the upstream, what it is sent, and which endpoint that comes to.
struct ExplainedDestination {
    /// Each is a balancer laid out.
    private static let mostViews = 20

    private let upstream: Upstream
    private let place: Int
    private let forwarding: ExplainedForwarding
    /// By what replicas see alike; never empty.
    private let choices: [ExplainedChoice]
    /// How many more ways there are in which replicas see the endpoints.
    private let moreViews: Int
    private let isTunnel: Bool
    private let asksForWebSocket: Bool

    init(
        _ upstream: Upstream, place: Int, _ share: SharePlan?, _ request: RoutedRequest, _ replicas: [ReplicaView],
        _ affinity: AffinityKey
    ) {
        let hasHead = !request.arrival.isTunnel
        let key = ExplainedKey(upstream, affinity, request.head, request.client, hasHead: hasHead)
        self.upstream = upstream
        self.place = place
        self.isTunnel = request.arrival.isTunnel
        self.asksForWebSocket = request.head.head.asksForWebSocket
        self.forwarding = ExplainedForwarding(share, request.head, matched: request.arrival.routing.matched)
        let seen = Self.seen(upstream, replicas)
        self.choices = seen.prefix(Self.mostViews).map {
            ExplainedChoice($0.endpoints, replicas: $0.replicas, upstream, key)
        }
        self.moreViews = seen.count - self.choices.count
    }

    /// What replicas see, those that see the same together.
    private static func seen(
        _ upstream: Upstream, _ replicas: [ReplicaView]
    ) -> [(replicas: [String], endpoints: ExplainedEndpoints)] {
        guard !replicas.isEmpty else { return [([], ExplainedEndpoints(upstream, nil))] }
        var seen: [(replicas: [String], endpoints: ExplainedEndpoints)] = []
        var places: [ExplainedEndpoints: Int] = [:]
        for replica in replicas {
            let endpoints = ExplainedEndpoints(upstream, replica.health[upstream.name])
            if let known = places[endpoints] {
                seen[known].replicas.append(replica.replica)
            } else {
                places[endpoints] = seen.count
                seen.append(([replica.replica], endpoints))
            }
        }
        return seen
    }

    /// The endpoint that all replicas come to.
    private var endpoint: String? {
        let all = Set(self.choices.map(\.endpoint))
        return all.count == 1 && self.moreViews == 0 ? all.first ?? nil : nil
    }

    /// What the gateway answers in place of the upstream.
    var refusal: ExplainedAnswer? {
        if !self.isTunnel, let refusal = self.forwarding.refusal { return refusal }
        let answer = self.unreachable
        return self.isTunnel ? answer.map { ExplainedAnswer(status: nil, reason: $0.reason) } : answer
    }

    private var unreachable: ExplainedAnswer? {
        if self.isTunnel || self.asksForWebSocket, self.upstream.proto != .http1 { return .upstreamInvalid }
        return self.moreViews == 0 && self.choices.allSatisfy { $0.decision == .none } ? .noEndpoint : nil
    }

    var json: JSON {
        [
            "upstream": .string(self.upstream.name), "place": .integer(Int64(self.place)),
            "request": self.isTunnel ? .null : self.forwarding.json,
            "responseHeaders": self.isTunnel ? .null : self.forwarding.answerHeaders,
            "algorithm": .string(self.upstream.loadBalancing.algorithm.rawValue),
            "endpoint": self.endpoint.map(JSON.string) ?? .null,
            "views": .array(self.choices.map(\.json)), "moreViews": .integer(Int64(self.moreViews)),
            "connectTimeout": .duration(self.upstream.timeouts.connect),
        ]
    }
}
