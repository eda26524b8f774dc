import GatewayModel
import Testing

@Suite("Configurations")
struct ConfigurationTests {
    private func route(_ name: String, to upstream: String, listeners: JSON = []) throws -> Resource {
        try Resource(
            kind: .route, name: name, document: ["forward": [["upstream": .string(upstream)]], "listeners": listeners])
    }

    private func upstream(_ name: String) throws -> Resource {
        try Resource(kind: .upstream, name: name, document: ["endpoints": [["address": "127.0.0.1", "port": 1]]])
    }

    private func listener(_ name: String, _ address: String, _ port: Int64, _ hosts: JSON = []) throws -> Resource {
        try Resource(
            kind: .listener, name: name,
            document: ["address": .string(address), "port": .integer(port), "hostnames": hosts])
    }

    private func faults(_ configuration: Configuration, _ changed: Resource...) -> [String] {
        configuration.check(changed: Set(changed.map(\.key))).map { "\($0.key) \($0.fault.pointer) \($0.fault.code)" }
    }

    @Test("A dangling reference is a fault of the one that refers")
    func dangling() throws {
        var configuration = Configuration()
        let route = try route("r", to: "u", listeners: ["l"])
        configuration.set(route)
        #expect(
            faults(configuration, route) == ["route r /listeners/0 reference", "route r /forward/0/upstream reference"])
        configuration.set(try upstream("u"))
        configuration.set(try listener("l", "127.0.0.1", 80))
        #expect(faults(configuration, route).isEmpty)
    }

    @Test("Removing what others refer to is found by looking at the removed key alone")
    func removing() throws {
        var configuration = Configuration()
        let upstream = try upstream("u")
        configuration.set(upstream)
        configuration.set(try route("r", to: "u"))
        #expect(configuration.referrers(of: upstream.key) == [ResourceKey(kind: .route, name: "r")])
        configuration.remove(upstream.key)
        #expect(faults(configuration, upstream) == ["route r /forward/0/upstream reference"])
        configuration.remove(ResourceKey(kind: .route, name: "r"))
        #expect(faults(configuration, upstream).isEmpty)
        #expect(configuration.referrers(of: upstream.key).isEmpty)
    }

    @Test("Listeners share a port only with different hostnames on the same address")
    func conflicts() throws {
        let first = try listener("a", "127.0.0.1", 80)
        let cases: [(Resource, Bool)] = [
            (try listener("b", "127.0.0.1", 80), true), (try listener("b", "127.0.0.1", 81), false),
            (try listener("b", "127.0.0.1", 80, ["x.example"]), false), (try listener("b", "127.0.0.2", 80), false),
            (try listener("b", "0.0.0.0", 80), true), (try listener("b", "::", 80), false),
        ]
        for (second, conflicts) in cases {
            var configuration = Configuration()
            configuration.set(first)
            configuration.set(second)
            #expect(faults(configuration, second).isEmpty != conflicts, "\(second.document.text())")
        }
    }
}
