import GatewayModel
import Testing

@Suite("Health checks and circuit breakers")
struct HealthDocumentTests {
    @Test("The defaults of each check, once it is given")
    func defaults() throws {
        let upstream = try upstream(["healthChecks": ["active": [:], "passive": [:]], "circuitBreaker": [:]])
        #expect(upstream?.isWatched == true)
        let active = upstream?.healthChecks.active
        #expect(active == ActiveCheck() && active?.probe == .http(path: "/", host: nil, statuses: [200]))
        #expect(active?.interval == 3000 && active?.timeout == 1000 && active?.port == nil)
        #expect(active?.healthyThreshold == 1 && active?.unhealthyThreshold == 3)
        let passive = upstream?.healthChecks.passive
        #expect(passive == PassiveCheck() && passive?.consecutive5xx == 5 && passive?.consecutiveGatewayErrors == 5)
        #expect(passive?.interval == 3000 && passive?.baseEjectionTime == 30_000 && passive?.maxEjectionPercent == 50)
        let breaker = upstream?.circuitBreaker
        #expect(breaker == CircuitBreaker() && breaker?.maxConnections == 1024 && breaker?.maxPendingRequests == 1024)
        #expect(breaker?.maxParallelRequests == 1024 && breaker?.maxParallelRetries == 64)
    }

    @Test("Passive checks alone need nobody who watches")
    func passiveAlone() throws {
        #expect(try upstream(["healthChecks": ["passive": [:]]])?.isWatched == false)
    }

    private static let probes: [(JSON, ActiveCheck.Probe)] = [
        (
            ["path": "/healthz?full=1", "hostname": "Orders.internal", "expectedStatuses": [200, 204]],
            .http(path: "/healthz?full=1", host: "orders.internal", statuses: [200, 204])
        ),
        (["type": "tcp"], .tcp), (["type": "grpc"], .grpc(service: "")),
        (["type": "grpc", "service": "shop.Orders"], .grpc(service: "shop.Orders")),
    ]

    @Test("Probes", arguments: probes)
    func readProbes(_ document: JSON, _ expected: ActiveCheck.Probe) throws {
        #expect(try upstream(["healthChecks": ["active": document]])?.healthChecks.active?.probe == expected)
    }

    @Test("Every other setting is read")
    func settings() throws {
        let upstream = try upstream([
            "healthChecks": [
                "active": [
                    "port": 9000, "interval": "100ms", "timeout": "1ms", "healthyThreshold": 1000,
                    "unhealthyThreshold": 1,
                ],
                "passive": [
                    "consecutive5xx": 0, "consecutiveGatewayErrors": 10_000, "interval": "100ms",
                    "baseEjectionTime": "1ms", "maxEjectionPercent": 100,
                ],
                "panicThreshold": 0,
            ],
            "circuitBreaker": [
                "maxConnections": 1, "maxPendingRequests": 0, "maxParallelRequests": 10_000_000,
                "maxParallelRetries": 0,
            ],
        ])
        let active = upstream?.healthChecks.active
        #expect(active?.port == 9000 && active?.interval == 100 && active?.timeout == 1)
        #expect(active?.healthyThreshold == 1000 && active?.unhealthyThreshold == 1)
        let passive = upstream?.healthChecks.passive
        #expect(passive?.consecutive5xx == 0 && passive?.consecutiveGatewayErrors == 10_000)
        #expect(passive?.interval == 100 && passive?.baseEjectionTime == 1 && passive?.maxEjectionPercent == 100)
        #expect(upstream?.healthChecks.panicThreshold == 0)
        let breaker = upstream?.circuitBreaker
        #expect(breaker?.maxConnections == 1 && breaker?.maxPendingRequests == 0)
        #expect(breaker?.maxParallelRequests == 10_000_000 && breaker?.maxParallelRetries == 0)
    }

    private static let wrong: [(JSON, String)] = [
        (active(["type": "ping"]), "/healthChecks/active/type format"),
        (active(["path": "healthz"]), "/healthChecks/active/path format"),
        (active(["path": "/a b"]), "/healthChecks/active/path format"),
        (active(["hostname": "*.a"]), "/healthChecks/active/hostname format"),
        (active(["expectedStatuses": []]), "/healthChecks/active/expectedStatuses range"),
        (active(["expectedStatuses": [99]]), "/healthChecks/active/expectedStatuses/0 range"),
        (active(["expectedStatuses": [200, 200]]), "/healthChecks/active/expectedStatuses/1 duplicate"),
        (active(["service": "a"]), "/healthChecks/active/service conflict"),
        (active(["type": "tcp", "path": "/"]), "/healthChecks/active/path conflict"),
        (active(["type": "tcp", "service": "a"]), "/healthChecks/active/service conflict"),
        (active(["type": "grpc", "expectedStatuses": [200]]), "/healthChecks/active/expectedStatuses conflict"),
        (active(["type": "grpc", "hostname": "a"]), "/healthChecks/active/hostname conflict"),
        (active(["port": 0]), "/healthChecks/active/port range"),
        (active(["interval": "99ms"]), "/healthChecks/active/interval range"),
        (active(["timeout": "0s"]), "/healthChecks/active/timeout range"),
        (active(["healthyThreshold": 0]), "/healthChecks/active/healthyThreshold range"),
        (active(["unhealthyThreshold": 1001]), "/healthChecks/active/unhealthyThreshold range"),
        (passive(["consecutive5xx": -1]), "/healthChecks/passive/consecutive5xx range"),
        (passive(["consecutiveGatewayErrors": 10_001]), "/healthChecks/passive/consecutiveGatewayErrors range"),
        (passive(["interval": "0s"]), "/healthChecks/passive/interval range"),
        (passive(["baseEjectionTime": "0s"]), "/healthChecks/passive/baseEjectionTime range"),
        (passive(["maxEjectionPercent": 101]), "/healthChecks/passive/maxEjectionPercent range"),
        (["healthChecks": ["panicThreshold": 101]], "/healthChecks/panicThreshold range"),
        (["healthChecks": ["panicThreshold": 0.5]], "/healthChecks/panicThreshold type"),
        (["healthChecks": ["actve": [:]]], "/healthChecks/actve unknown-field"),
        (["circuitBreaker": ["maxConnections": 0]], "/circuitBreaker/maxConnections range"),
        (["circuitBreaker": ["maxParallelRequests": 0]], "/circuitBreaker/maxParallelRequests range"),
        (["circuitBreaker": ["maxPendingRequests": -1]], "/circuitBreaker/maxPendingRequests range"),
        (["circuitBreaker": ["maxParallelRetries": 10_000_001]], "/circuitBreaker/maxParallelRetries range"),
        (["circuitBreaker": ["maxRequests": 1]], "/circuitBreaker/maxRequests unknown-field"),
    ]

    private static func active(_ check: JSON) -> JSON { ["healthChecks": ["active": check]] }

    private static func passive(_ check: JSON) -> JSON { ["healthChecks": ["passive": check]] }

    @Test("What is refused", arguments: wrong)
    func refusedDocuments(_ document: JSON, _ expected: String) {
        #expect(faults(.upstream, withEndpoint(document)) == [expected])
    }
}
