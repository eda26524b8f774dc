import GatewayModel
import Testing

@Suite("Endpoints and how they are chosen")
struct BalancingDocumentTests {
    @Test("A short upstream takes every default")
    func defaults() throws {
        let upstream = try upstream([:])
        #expect(upstream?.proto == .http1 && upstream?.tls == nil && upstream?.discovery == nil)
        #expect(upstream?.loadBalancing == LoadBalancing() && upstream?.loadBalancing.algorithm == .leastRequest)
        #expect(upstream?.loadBalancing.slowStart == 0 && upstream?.loadBalancing.hashOn == nil)
        #expect(upstream?.persistence == nil && upstream?.circuitBreaker == nil)
        #expect(upstream?.healthChecks == HealthChecks() && upstream?.healthChecks.panicThreshold == 50)
        #expect(upstream?.timeouts.connect == 5000 && upstream?.timeouts.idle == 60_000)
        #expect(upstream?.isWatched == false)
        #expect(upstream?.endpoints.first?.weight == 1 && upstream?.endpoints.first?.isBackup == false)
    }

    @Test("Endpoints say their weight and whether they are backups")
    func endpoints() throws {
        let endpoints = try upstream([
            "endpoints": [
                ["address": "10.0.0.7", "port": 80, "weight": 0],
                ["address": "fd00::7", "port": 65535, "weight": 1_000_000, "backup": true],
            ]
        ])?.endpoints
        #expect(endpoints?.map(\.authority) == ["10.0.0.7:80", "[fd00::7]:65535"])
        #expect(endpoints?.map(\.weight) == [0, 1_000_000] && endpoints?.map(\.isBackup) == [false, true])
    }

    private static let balancing: [(JSON, LoadBalancing.Algorithm, LoadBalancing.HashSource?)] = [
        (["algorithm": "round-robin"], .roundRobin, nil), (["algorithm": "random"], .random, nil),
        (["algorithm": "peak-ewma"], .peakEWMA, nil),
        (["algorithm": "consistent-hash"], .consistentHash, .clientAddress),
        (["algorithm": "consistent-hash", "hashOn": ["clientAddress": true]], .consistentHash, .clientAddress),
        (["algorithm": "consistent-hash", "hashOn": ["header": "X-User"]], .consistentHash, .header("x-user")),
        (["algorithm": "consistent-hash", "hashOn": ["cookie": "Id"]], .consistentHash, .cookie("Id")),
        (["algorithm": "consistent-hash", "hashOn": ["query": "q"]], .consistentHash, .query("q")),
        (["algorithm": "least-request", "hashOn": nil, "slowStart": nil], .leastRequest, nil),
    ]

    @Test("Algorithms, and what is hashed", arguments: balancing)
    func algorithms(
        _ document: JSON, _ algorithm: LoadBalancing.Algorithm, _ hashOn: LoadBalancing.HashSource?
    ) throws {
        let balancing = try upstream(["loadBalancing": document])?.loadBalancing
        #expect(balancing?.algorithm == algorithm && balancing?.hashOn == hashOn)
    }

    @Test("Slow start is a duration, or an object with its window")
    func slowStart() throws {
        for value: JSON in ["30s", ["window": "30s"]] {
            #expect(try upstream(["loadBalancing": ["slowStart": value]])?.loadBalancing.slowStart == 30_000)
        }
    }

    @Test("The cookie of a session is named after the upstream and lasts until the browser closes")
    func persistence() throws {
        for document: JSON in [[:], ["type": "cookie"], ["lifetime": "session"]] {
            let persistence = try upstream(["sessionPersistence": document])?.persistence
            #expect(persistence?.name == "sluice-x" && persistence?.lifetime == nil)
        }
        let other = try upstream(["sessionPersistence": ["name": "sid", "lifetime": "1h"]])?.persistence
        #expect(other?.name == "sid" && other?.lifetime == 3_600_000)
    }

    @Test("Discovered endpoints are watched; names lose case and their final dot")
    func discovery() throws {
        let addresses = try upstream(["discovery": ["type": "dns", "hostname": "Orders.shop.svc.", "port": 8080]])
        #expect(addresses?.discovery?.source == .dns(port: 8080) && addresses?.discovery?.refresh == 30_000)
        #expect(addresses?.discovery?.hostname == "orders.shop.svc")
        #expect(addresses?.endpoints == [] && addresses?.isWatched == true)
        let records = try upstream([
            "discovery": ["type": "dns-srv", "hostname": "_http._tcp.orders", "refresh": "1s"]
        ])
        #expect(records?.discovery?.source == .dnsSRV && records?.discovery?.refresh == 1000)
        #expect(records?.discovery?.hostname == "_http._tcp.orders")
    }

    @Test("Static discovery is what leaving it out is")
    func staticDiscovery() throws {
        let document: JSON = ["discovery": ["type": "static"], "endpoints": [["address": "::1", "port": 1]]]
        #expect(try upstream(document)?.discovery == nil && upstream(document)?.isWatched == false)
        #expect(faults(.upstream, ["discovery": ["type": "static"]]) == ["/endpoints required"])
    }

    private static let wrong: [(JSON, [String])] = [
        (["endpoints": []], ["/endpoints range"]),
        (["endpoints": [["address": "a.example", "port": 1]]], ["/endpoints/0/address format"]),
        (["endpoints": [["port": 1]]], ["/endpoints/0/address required"]),
        (["endpoints": [["address": "::1", "port": 1], ["address": "::1", "port": 1]]], ["/endpoints/1 duplicate"]),
        (["endpoints": [["address": "::1", "port": 1, "weight": -1]]], ["/endpoints/0/weight range"]),
        (["endpoints": [["address": "::1", "port": 1, "backup": 1]]], ["/endpoints/0/backup type"]),
        (["loadBalancing": ["algorithm": "maglev"]], ["/loadBalancing/algorithm format"]),
        (["loadBalancing": ["hashOn": ["header": "a"]]], ["/loadBalancing/hashOn conflict"]),
        (hashing([:]), ["/loadBalancing/hashOn required"]),
        (hashing(["header": "a", "cookie": "b"]), ["/loadBalancing/hashOn required"]),
        (hashing(["clientAddress": false]), ["/loadBalancing/hashOn/clientAddress range"]),
        (hashing(["header": "a b"]), ["/loadBalancing/hashOn/header format"]),
        (["loadBalancing": ["slowStart": ["window": "x"]]], ["/loadBalancing/slowStart/window format"]),
        (["loadBalancing": ["slowStart": [:]]], ["/loadBalancing/slowStart/window required"]),
        (["loadBalancing": ["algorithm": "random", "slowStart": "1s"]], ["/loadBalancing/slowStart conflict"]),
        (
            ["loadBalancing": ["algorithm": "consistent-hash", "slowStart": "1s"]],
            ["/loadBalancing/slowStart conflict"]
        ),
        (["sessionPersistence": ["type": "ip"]], ["/sessionPersistence/type format"]),
        (["sessionPersistence": ["name": "a;b"]], ["/sessionPersistence/name format"]),
        (["sessionPersistence": ["lifetime": "0s"]], ["/sessionPersistence/lifetime range"]),
        (["discovery": [:]], ["/discovery/type required", "/discovery/hostname required", "/discovery/port required"]),
        (["discovery": ["type": "dns", "hostname": "a"]], ["/discovery/port required"]),
        (["discovery": ["type": "dns", "port": 1]], ["/discovery/hostname required"]),
        (["discovery": ["type": "dns", "hostname": "a..b", "port": 1]], ["/discovery/hostname format"]),
        (["discovery": ["type": "dns", "hostname": "http://a", "port": 1]], ["/discovery/hostname format"]),
        (["discovery": ["type": "dns-srv", "hostname": "a", "port": 1]], ["/discovery/port conflict"]),
        (["discovery": ["type": "dns", "hostname": "a", "port": 1, "refresh": "999ms"]], ["/discovery/refresh range"]),
        (
            ["discovery": ["type": "dns", "hostname": "a", "port": 1], "endpoints": [["address": "::1", "port": 1]]],
            ["/endpoints conflict"]
        ),
    ]

    private static func hashing(_ hashOn: JSON) -> JSON {
        ["loadBalancing": ["algorithm": "consistent-hash", "hashOn": hashOn]]
    }

    @Test("What is refused", arguments: wrong)
    func refusedDocuments(_ document: JSON, _ expected: [String]) {
        #expect(faults(.upstream, withEndpoint(document)) == expected)
    }
}
