import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Testing

@Suite("A gateway and its changes")
struct GatewayTests {
    @Test("A delta routes as the full update does")
    func deltaEqualsFull() throws {
        var content = try Sample.content()
        let update = Sample.delta(
            content, upserts: [try Sample.route("v2", to: "a", prefix: "/api/v2", order: 5)],
            deletes: [ResourceKey(kind: .route, name: "root")])
        let changed = try Gateway.serving(content.full())
        _ = changed.commit(try changed.prepare(update))
        try content.apply(update)
        let whole = try Gateway.serving(content.full())
        for path in ["/", "/api", "/api/x", "/api/v2", "/api/v2/x", "/apix"] {
            #expect(changed.route(path) == whole.route(path))
        }
        #expect(changed.route("/") == nil && changed.route("/api/v2/x") == "v2")
    }

    @Test("Slots stay with their names, and only what changed is reported")
    func stableSlots() throws {
        var content = try Sample.content()
        let gateway = try Gateway.serving(content.full())
        let slots = gateway.upstreams.map { $0?.upstream.name }
        let update = Sample.delta(
            content,
            upserts: [
                try Sample.upstream("a", port: 9001), try Sample.listener("web", port: 8080),
                try Sample.listener("more", port: 8081), try Sample.route("api", to: "a", prefix: "/api", order: 4),
            ],
            deletes: [ResourceKey(kind: .upstream, name: "b")])
        let summary = gateway.commit(try gateway.prepare(update))
        #expect(summary.changedUpstreams == [0, 1] && summary.changedGroups == [1])
        let gone = try #require(slots.firstIndex(of: "b"))
        #expect(gateway.upstreams[gone] == nil)
        try content.apply(update)
        let again = gateway.commit(try gateway.prepare(content.full()))
        #expect(again.changedUpstreams.isEmpty && again.changedGroups.isEmpty)
        let back = Sample.delta(content, upserts: [try Sample.upstream("b")])
        #expect(gateway.commit(try gateway.prepare(back)).changedUpstreams == [gone])
    }

    @Test("A listener that goes leaves its group removed in its slot")
    func removedGroup() throws {
        let content = try Sample.content()
        let gateway = try Gateway.serving(content.full())
        let update = Sample.delta(content, deletes: [ResourceKey(kind: .listener, name: "web")])
        #expect(gateway.commit(try gateway.prepare(update)).changedGroups == [0])
        #expect(gateway.groups[0].isRemoved && gateway.route("/") == nil)
    }

    @Test("A rejected update names the resource and leaves everything as it was")
    func rejected() throws {
        let content = try Sample.content()
        let gateway = try Gateway.serving(content.full())
        let updates = [
            Sample.delta(content, upserts: [try Sample.route("bad", to: "nobody", prefix: "/", order: 9)]),
            Sample.delta(content, deletes: [ResourceKey(kind: .upstream, name: "b")]),
            Sample.delta(content, upserts: [try Sample.listener("twin", port: 8080)]),
        ]
        for update in updates {
            let error = #expect(throws: SnapshotRejected.self) { try gateway.prepare(update) }
            #expect(error?.resources.first?.key != nil)
        }
        #expect(gateway.version == 1 && gateway.upstreams.count == 2 && gateway.groups.count == 1)
        #expect(gateway.route("/api/x") == "api" && gateway.route("/x") == "root")
    }

    @Test("A change of another version is rejected")
    func discontinuous() throws {
        let content = try Sample.content()
        let gateway = Gateway()
        #expect(throws: SnapshotRejected.self) { try gateway.prepare(Sample.delta(content)) }
    }

    @Test("An explanation names the route, the listener and what others failed on")
    func explains() throws {
        let gateway = try Gateway.serving(try Sample.content().full())
        let json = gateway.explain(ExplainRequest(method: "GET", url: "http://Shop.example:8080/x/../api/a;p/y?q")).json
        #expect(json["route"] == "api" && json["listener"] == "web" && json["upstream"] == "b")
        let root = gateway.explain(ExplainRequest(method: "GET", url: "http://shop.example/other")).json
        #expect(root["route"] == "root")
        #expect(root["candidates"]?.arrayValue?.last?["failed"] == "path")
    }
}
