import GatewayModel
import Testing

@Suite("Which hosts listeners take")
struct ListenerCoverageTests {
    private static func listener(_ name: String, _ port: Int, _ hostnames: [String], proto: String = "http") throws
        -> Listener
    {
        var document: JSONObject = ["name": .string(name), "port": .integer(Int64(port)), "protocol": .string(proto)]
        if !hostnames.isEmpty { document["hostnames"] = .array(hostnames.map { .string($0) }) }
        guard case .listener(let listener) = try Resource(kind: .listener, name: nil, document: .object(document)).spec
        else {
            throw Faults(faults: [])
        }
        return listener
    }

    private static func route(_ hostnames: [String], listeners: [String] = []) throws -> Route {
        let document: JSON = [
            "name": "r", "hostnames": .array(hostnames.map { .string($0) }),
            "listeners": .array(listeners.map { .string($0) }), "forward": [["upstream": "u"]],
        ]
        guard case .route(let route) = try Resource(kind: .route, name: nil, document: document).spec else {
            throw Faults(faults: [])
        }
        return route
    }

    private static func coverage() throws -> ListenerCoverage {
        ListenerCoverage([
            try Self.listener("exact", 80, ["a.example.com"]), try Self.listener("wild", 80, ["*.example.com"]),
            try Self.listener("rest", 81, []), try Self.listener("raw", 82, [], proto: "tcp"),
        ])
    }

    @Test(
        "decides which hosts of a route are out of reach",
        arguments: [
            (["a.example.com"], ["exact"], [String]()), (["a.example.com"], ["wild"], ["a.example.com"]),
            (["b.example.com", "example.com"], ["wild"], ["example.com"]), (["x.y.example.com"], ["wild"], []),
            (["*.example.com"], ["exact"], []), (["*.other.org"], ["wild"], ["*.other.org"]), (["*.other.org"], [], []),
            (["*.com"], ["wild"], []), (["b.example.com"], ["exact", "rest"], []),
        ])
    func hosts(hostnames: [String], listeners: [String], outOfReach: [String]) throws {
        let route = try Self.route(hostnames, listeners: listeners)
        #expect(try Self.coverage().hostsOutOfReach(of: route).map(\.text) == outOfReach)
        #expect(try Self.coverage().isOutOfReach(route) == (outOfReach.count == hostnames.count))
    }

    @Test("leaves routes without hostnames to any listener that they serve")
    func anyHost() throws {
        #expect(try !Self.coverage().isOutOfReach(Self.route([])))
        #expect(try !Self.coverage().isOutOfReach(Self.route([], listeners: ["raw"])))
        #expect(try Self.coverage().isOutOfReach(Self.route([], listeners: ["gone"])))
        #expect(try ListenerCoverage([Self.listener("raw", 82, [], proto: "tcp")]).isOutOfReach(Self.route([])))
    }
}
