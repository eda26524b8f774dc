import ControlProtocol
import GatewayModel
import Hummingbird
import Storage

/// `GET /v1/upstreams/{name}/health`: what live replicas say of an upstream's endpoints.
struct UpstreamHealthReport: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let key = ResourceKey(kind: .upstream, name: call.parameter("name"))
        guard let report = await self.state.health(ofUpstream: key) else { throw Refusal(missing: key) }
        return Response(json: report)
    }
}

extension ControlState {
    /// `nil` when there is no such upstream.
    func health(ofUpstream key: ResourceKey) -> JSON? {
        guard case .upstream(let upstream)? = self.resource(key)?.resource.spec else { return nil }
        let now = self.now()
        var gathered = GatheredHealth(upstream)
        for replica in self.replicas.all where replica.isLive(at: now) {
            gathered.add(replica.id, replica.health[key.name] ?? [])
        }
        return .object(["upstream": .string(key.name), "endpoints": .array(gathered.documents)])
    }
}

/// Endpoints by what each replica says of them.
private struct GatheredHealth {
    /// `address:port` of those that the document lists, in its order.
    private let listed: [String]
    private var replicas: [String: [(id: String, health: UpstreamHealth.Endpoint)]] = [:]

    init(_ upstream: Upstream) { self.listed = upstream.endpoints.map(\.authority) }

    /// A replica says nothing of listed endpoints of which it found nothing out; of others than the listed ones it says
    /// something only where endpoints are discovered.
    mutating func add(_ replica: String, _ endpoints: [UpstreamHealth.Endpoint]) {
        let known = Dictionary(endpoints.map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        for endpoint in self.listed.isEmpty ? known.keys.sorted() : self.listed {
            let health =
                known[endpoint]
                ?? UpstreamHealth.Endpoint(endpoint: endpoint, isHealthy: true, reasons: [], since: nil)
            self.replicas[endpoint, default: []].append((replica, health))
        }
    }

    var documents: [JSON] {
        (self.listed.isEmpty ? self.replicas.keys.sorted() : self.listed).map { endpoint in
            let replicas = self.replicas[endpoint] ?? []
            return .object([
                "endpoint": .string(endpoint),
                "healthy": .bool(replicas.allSatisfy(\.health.isHealthy)),
                "replicas": .array(replicas.map { Self.json($0.id, $0.health) }),
            ])
        }
    }

    private static func json(_ replica: String, _ health: UpstreamHealth.Endpoint) -> JSON {
        .object([
            "id": .string(replica), "healthy": .bool(health.isHealthy),
            "reasons": .array(health.reasons.map { .string($0) }),
            "since": health.since.map { .string(Timestamp(milliseconds: $0).text) } ?? .null,
        ])
    }
}
