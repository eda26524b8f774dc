import GatewayModel
import Testing

@Suite("Routes of listeners that see no requests")
struct RawRouteTests {
    private func faults(_ route: JSON, upstream: JSON = [:], proto: String = "tcp") throws -> [String] {
        var object = upstream.objectValue ?? [:]
        object["endpoints"] = [["address": "::1", "port": 1]]
        var document = route.objectValue ?? [:]
        document["listeners"] = ["raw"]
        if document["redirect"] == nil, document["respond"] == nil, document["forward"] == nil {
            document["forward"] = [["upstream": "u"]]
        }
        let resources = [
            try Resource(kind: .listener, name: "raw", document: ["port": 1, "protocol": .string(proto)]),
            try Resource(kind: .upstream, name: "u", document: .object(object)),
            try Resource(kind: .upstream, name: "v", document: ["endpoints": [["address": "::1", "port": 2]]]),
            try Resource(kind: .trafficPolicy, name: "p", document: ["type": "compression"]),
            try Resource(kind: .route, name: "r", document: .object(document)),
        ]
        return Configuration(resources).check().map { "\($0.fault.pointer) \($0.fault.code)" }
    }

    private static let accepted: [JSON] = [
        [:], ["forward": [["upstream": "u", "weight": 3], ["upstream": "v"]]], ["timeouts": ["idle": "1s"]],
        ["matches": [["path": ["prefix": "/"]]]],
    ]

    @Test("Bytes can be split and may fall silent", arguments: accepted)
    func acceptedRoutes(_ route: JSON) throws {
        #expect(try faults(route).isEmpty)
        #expect(try faults(route, proto: "tls").isEmpty)
    }

    private static let refused: [(JSON, String)] = [
        (["redirect": ["scheme": "https"]], "/redirect"), (["respond": [:]], "/respond"),
        (["sticky": ["by": "client-address"]], "/sticky"), (["rewrite": ["hostname": "a"]], "/rewrite"),
        (["requestHeaders": ["remove": ["a"]]], "/requestHeaders"),
        (["responseHeaders": ["remove": ["a"]]], "/responseHeaders"), (["mirror": [["upstream": "v"]]], "/mirror"),
        (["retry": [:]], "/retry"), (["policies": ["p"]], "/policies"),
        (["matches": [["methods": ["GET"]]]], "/matches"), (["matches": [["path": ["regex": "a"]]]], "/matches"),
        (["timeouts": ["backendRequest": "1s"]], "/timeouts"),
        (["forward": [["upstream": "u"], ["upstream": "v", "rewrite": ["hostname": "a"]]]], "/forward/1"),
        (["forward": [["upstream": "u", "requestHeaders": ["remove": ["a"]]]]], "/forward/0"),
        (["forward": [["upstream": "u", "responseHeaders": ["remove": ["a"]]]]], "/forward/0"),
    ]

    @Test("What acts on requests is refused", arguments: refused)
    func refusedRoutes(_ route: JSON, _ pointer: String) throws {
        #expect(try faults(route) == ["\(pointer) conflict"])
        #expect(try faults(route, proto: "tls") == ["\(pointer) conflict"])
    }

    @Test("Bytes go to no upstream that speaks HTTP/2", arguments: ["h2", "h2c", "auto"])
    func otherProtocols(_ proto: String) throws {
        #expect(try faults([:], upstream: ["protocol": .string(proto)]) == ["/forward/0/upstream conflict"])
    }

    @Test("A share and a mirror must name upstreams that are there")
    func dangling() throws {
        let route = try Resource(
            kind: .route, name: "r",
            document: ["forward": [["upstream": "a"], ["upstream": "b"]], "mirror": [["upstream": "c"]]])
        let found = Configuration([route]).check().map { "\($0.fault.pointer) \($0.fault.code)" }
        #expect(
            found == [
                "/forward/0/upstream reference", "/forward/1/upstream reference", "/mirror/0/upstream reference",
            ])
    }
}
