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

    private static let pem: JSON = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    private static let key: JSON = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"

    private func certificate(_ name: String, _ usage: String) throws -> Resource {
        var document: JSONObject = ["usage": .string(usage), "certificate": Self.pem]
        if usage != "ca" { document["privateKey"] = Self.key }
        return try Resource(kind: .certificate, name: name, document: .object(document))
    }

    private func resource(_ kind: ResourceKind, _ name: String, _ document: JSON) throws -> Resource {
        try Resource(kind: kind, name: name, document: document)
    }

    @Test("A certificate serves where its usage allows, whoever of the two changes")
    func usages() throws {
        let listener = try resource(
            .listener, "web",
            ["port": 1, "protocol": "https", "tls": ["certificates": ["a"], "clientValidation": ["ca": ["c"]]]])
        let upstream = try resource(
            .upstream, "u",
            ["endpoints": [["address": "::1", "port": 1]], "tls": ["ca": ["c"], "clientCertificate": "b"]])
        var configuration = Configuration([listener, upstream])
        #expect(
            configuration.check().map { "\($0.key) \($0.fault.pointer) \($0.fault.code)" } == [
                "listener web /tls/certificates/0 reference", "listener web /tls/clientValidation/ca/0 reference",
                "upstream u /tls/ca/0 reference", "upstream u /tls/clientCertificate reference",
            ])
        for (name, usage) in [("a", "server"), ("b", "client"), ("c", "ca")] {
            configuration.set(try certificate(name, usage))
        }
        #expect(configuration.check().isEmpty)
        let wrong = try certificate("c", "server")
        configuration.set(wrong)
        #expect(
            faults(configuration, wrong) == [
                "listener web /tls/clientValidation/ca/0 conflict", "upstream u /tls/ca/0 conflict",
            ])
        configuration.set(try certificate("c", "ca"))
        configuration.remove(ResourceKey(kind: .certificate, name: "b"))
        let gone = configuration.check(changed: [ResourceKey(kind: .certificate, name: "b")])
        #expect(gone.map(\.fault.pointer) == ["/tls/clientCertificate"])
    }

    @Test("Those that share a socket speak the same protocol on it")
    func sharedSockets() throws {
        let plain = try resource(.listener, "a", ["port": 1, "hostnames": ["a.example"]])
        let proxied = try resource(
            .listener, "b", ["port": 1, "hostnames": ["b.example"], "proxyProtocol": "required"])
        let raw = try resource(.listener, "c", ["port": 1, "protocol": "tls", "hostnames": ["c.example"]])
        #expect(faults(Configuration([plain, proxied]), proxied) == ["listener b /proxyProtocol conflict"])
        #expect(faults(Configuration([plain, raw]), raw) == ["listener c /protocol conflict"])
        let elsewhere = try resource(.listener, "c", ["port": 2, "protocol": "tls"])
        #expect(faults(Configuration([plain, elsewhere]), elsewhere).isEmpty)
    }

    @Test("Listeners that see no requests take routes without conditions on them")
    func rawRoutes() throws {
        let raw = try resource(.listener, "raw", ["port": 1, "protocol": "tcp"])
        let named = try resource(.listener, "named", ["port": 2, "protocol": "tls"])
        let web = try resource(.listener, "web", ["port": 3])
        func check(_ document: JSON) throws -> [String] {
            var object = document.objectValue ?? [:]
            object["forward"] = [["upstream": "u"]]
            let route = try resource(.route, "r", .object(object))
            return faults(Configuration([raw, named, web, try upstream("u"), route]), route)
        }
        #expect(try check(["listeners": ["raw"]]).isEmpty)
        #expect(try check(["listeners": ["named"], "hostnames": ["a.example"]]).isEmpty)
        #expect(try check(["listeners": ["raw"], "hostnames": ["a.example"]]) == ["route r /hostnames conflict"])
        #expect(try check(["listeners": ["raw"], "timeouts": ["idle": "1s"]]).isEmpty)
        #expect(try check(["listeners": ["raw"], "timeouts": ["request": "1s"]]) == ["route r /timeouts conflict"])
        #expect(try check(["listeners": ["web", "raw"]]) == ["route r /listeners/1 conflict"])
        #expect(
            try check(["listeners": ["named"], "matches": [["path": ["prefix": "/a"]]]]) == [
                "route r /matches conflict"
            ])
    }

    @Test("A policy that routes and listeners name must be there")
    func policies() throws {
        let policy = try resource(.trafficPolicy, "p", ["type": "compression"])
        let listener = try resource(.listener, "web", ["port": 1, "policies": ["p"]])
        let route = try resource(.route, "r", ["forward": [["upstream": "u"]], "policies": ["p"]])
        var configuration = Configuration([listener, route, policy, try upstream("u")])
        #expect(configuration.check().isEmpty)
        configuration.remove(policy.key)
        #expect(
            faults(configuration, policy) == ["listener web /policies/0 reference", "route r /policies/0 reference"])
        #expect(configuration.referrers(of: policy.key).count == 2)
    }
}
