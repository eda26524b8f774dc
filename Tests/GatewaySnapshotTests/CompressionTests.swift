import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Routing
import Testing

@Suite("Compression policies in a compiled configuration")
struct CompressionTests {
    static func policy(_ name: String, _ algorithm: String) throws -> SnapshotEntry {
        try Sample.entry(
            .trafficPolicy,
            #"{"name":"\#(name)","type":"compression","compression":{"algorithms":["\#(algorithm)"]}}"#, order: 0)
    }

    static func route(_ name: String, _ extra: String) throws -> SnapshotEntry {
        let text =
            #"{"name":"\#(name)","matches":[{"path":{"prefix":"/\#(name)"}}],"forward":[{"upstream":"a"}]\#(extra)}"#
        return try Sample.entry(.route, text, order: 9)
    }

    static func content() throws -> SnapshotContent {
        var content = SnapshotContent(identity: "me")
        for entry in [
            try Self.policy("listeners", "br"), try Self.policy("routes", "gzip"),
            try Sample.entry(.listener, #"{"name":"web","port":8080,"policies":["listeners"]}"#, order: 1),
            try Sample.upstream("a"), try Self.route("inherits", ""),
            try Self.route("own", #","policies":["routes"]"#), try Self.route("none", #","inherit":false"#),
        ] { content.set(entry) }
        content.version = 1
        return content
    }

    /// The algorithms of the route that takes a path, and whether it asks its listener.
    private func found(_ gateway: Gateway, _ path: String) throws -> ([String]?, inherits: Bool) {
        var text = path
        let route = text.withUTF8 {
            gateway.find(group: 0, host: UnsafeRawBufferPointer(start: nil, count: 0), path: UnsafeRawBufferPointer($0))
        }
        let compiled = try #require(route).takeUnretainedValue()
        let plan = compiled.compressionPlan?.takeUnretainedValue()
        return (plan?.policy.algorithms.map(\.rawValue), compiled.inheritsCompression)
    }

    @Test("A route has its own policy, its listener's, or none")
    func routes() throws {
        let gateway = try Gateway.serving(try Self.content().full())
        #expect(try self.found(gateway, "/own") == (["gzip"], false))
        #expect(try self.found(gateway, "/none") == (nil, false))
        #expect(try self.found(gateway, "/inherits") == (nil, true))
        #expect(gateway.groups[0].compression.map { $0?.policy.algorithms } == [[.br]])
        #expect(gateway.listener(group: 0, host: UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }

    @Test("A changed policy reaches the routes and listeners that name it, and no others")
    func changes() throws {
        let content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        let update = Sample.delta(content, upserts: [try Self.policy("routes", "zstd")])
        let summary = gateway.commit(try gateway.prepare(update))
        #expect(try self.found(gateway, "/own") == (["zstd"], false))
        #expect(summary.changedGroups.isEmpty)
        #expect(gateway.groups[0].compression.map { $0?.policy.algorithms } == [[.br]])
    }
}
