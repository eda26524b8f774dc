import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Routing
import Testing

@Suite("Certificates and policies in a gateway")
struct SharedResourceTests {
    private static func certificate(_ name: String, _ text: String = "AA==", usage: String = "server") throws
        -> SnapshotEntry
    {
        var document: JSONObject = [
            "name": .string(name), "usage": .string(usage),
            "certificate": .string("-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"),
        ]
        if usage != "ca" { document["privateKey"] = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n" }
        return SnapshotEntry(
            resource: try Resource(kind: .certificate, name: nil, document: .object(document)), order: 100)
    }

    private static func policy(_ name: String, minBytes: Int) throws -> SnapshotEntry {
        try Sample.entry(
            .trafficPolicy, #"{"name":"\#(name)","type":"compression","compression":{"minBytes":\#(minBytes)}}"#,
            order: 101)
    }

    /// Two https ports with a certificate each, one http port, and two upstreams of which one has an authority.
    private static func content() throws -> SnapshotContent {
        var content = SnapshotContent(identity: "me")
        for entry in [
            try Self.certificate("one"), try Self.certificate("two"), try Self.certificate("corp", usage: "ca"),
            try Self.policy("small", minBytes: 10),
            try Sample.entry(
                .listener, #"{"name":"a","port":1,"protocol":"https","tls":{"certificates":["one"]}}"#, order: 1),
            try Sample.entry(
                .listener, #"{"name":"b","port":2,"protocol":"https","tls":{"certificates":["two"]}}"#, order: 2),
            try Sample.entry(.listener, #"{"name":"c","port":3,"policies":["small"]}"#, order: 3),
            try Sample.upstream("plain"),
            try Sample.entry(
                .upstream,
                #"{"name":"safe","endpoints":[{"address":"127.0.0.1","port":1}],"tls":{"ca":["corp"]}}"#, order: 5),
            try Sample.entry(
                .route, #"{"name":"r","forward":[{"upstream":"safe"}],"policies":["small"]}"#, order: 6),
            try Sample.entry(
                .route,
                #"{"name":"s","matches":[{"path":{"prefix":"/s"}}],"forward":[{"upstream":"plain"}],"inherit":false}"#,
                order: 7),
        ] { content.set(entry) }
        content.version = 1
        return content
    }

    private static func slot(_ gateway: Gateway, port: UInt16) -> Int? {
        gateway.groups.firstIndex { $0.port == port }
    }

    /// The length from which a route's answers are compressed; `nil` when it has no policy of its own.
    private static func minBytes(_ gateway: Gateway, _ path: String) -> Int? {
        var (host, path) = ("x.example", path)
        return host.withUTF8 { host in
            path.withUTF8 { path in
                let found = gateway.find(
                    group: 0, host: UnsafeRawBufferPointer(host), path: UnsafeRawBufferPointer(path))
                guard case .own(let policy)? = found?.takeUnretainedValue().compression else { return nil }
                return policy.minBytes
            }
        }
    }

    @Test("A certificate that changes is a change of the groups that have it, and of no others")
    func changesGroups() throws {
        let content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        let update = Sample.delta(content, upserts: [try Self.certificate("two", "AAAA")])
        let summary = gateway.commit(try gateway.prepare(update))
        let slot = try #require(Self.slot(gateway, port: 2))
        #expect(summary.changedGroups == [slot] && summary.changedUpstreams.isEmpty)
        #expect(gateway.groups[slot].certificates["two"]?.chain.contains("AAAA") == true)
        #expect(gateway.groups[slot].certificates.keys.sorted() == ["two"])
    }

    @Test("An authority that changes is a change of the upstreams that trust it, and of no others")
    func changesUpstreams() throws {
        let content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        let update = Sample.delta(content, upserts: [try Self.certificate("corp", "AAAA", usage: "ca")])
        let summary = gateway.commit(try gateway.prepare(update))
        #expect(summary.changedGroups.isEmpty && summary.changedUpstreams.count == 1)
        let slot = try #require(summary.changedUpstreams.first)
        #expect(gateway.upstreams[slot]?.upstream.name == "safe")
        #expect(gateway.upstreams[slot]?.authorities.first?.chain.contains("AAAA") == true)
    }

    @Test("A certificate that nobody refers to changes nothing")
    func unused() throws {
        let content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        let update = Sample.delta(content, upserts: [try Self.certificate("spare")])
        let summary = gateway.commit(try gateway.prepare(update))
        #expect(summary.changedGroups.isEmpty && summary.changedUpstreams.isEmpty)
    }

    @Test("A policy that changes holds for its routes and listeners at once")
    func changesPolicies() throws {
        var content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        #expect(Self.minBytes(gateway, "/") == 10 && Self.minBytes(gateway, "/s") == nil)
        let update = Sample.delta(content, upserts: [try Self.policy("small", minBytes: 20)])
        let summary = gateway.commit(try gateway.prepare(update))
        let slot = try #require(Self.slot(gateway, port: 3))
        #expect(summary.changedGroups == [slot] && gateway.groups[slot].compression.first??.minBytes == 20)
        #expect(Self.minBytes(gateway, "/") == 20 && Self.minBytes(gateway, "/s") == nil)
        // The count of those that refer to it is as it was: it goes when, and only when, they have let go of it.
        try content.apply(update)
        let release = [
            try Sample.entry(.route, #"{"name":"r","forward":[{"upstream":"safe"}]}"#, order: 6),
            try Sample.entry(.listener, #"{"name":"c","port":3}"#, order: 3),
        ]
        let key = ResourceKey(kind: .trafficPolicy, name: "small")
        _ = gateway.commit(try gateway.prepare(Sample.delta(content, upserts: release, deletes: [key])))
        #expect(Self.minBytes(gateway, "/") == nil)
    }

    @Test(
        "What others refer to does not go",
        arguments: [(ResourceKind.certificate, "one"), (.certificate, "corp"), (.trafficPolicy, "small")])
    func removal(_ kind: ResourceKind, _ name: String) throws {
        let content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        let update = Sample.delta(content, deletes: [ResourceKey(kind: kind, name: name)])
        #expect(throws: SnapshotRejected.self) { try gateway.prepare(update) }
        #expect(gateway.version == 1)
    }

    @Test("A reference to what is not there is rejected, and named")
    func dangling() throws {
        let content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        let entries = [
            try Sample.entry(
                .listener, #"{"name":"d","port":4,"protocol":"https","tls":{"certificates":["no"]}}"#, order: 8),
            try Sample.entry(
                .upstream, #"{"name":"d","endpoints":[{"address":"127.0.0.1","port":1}],"tls":{"ca":["no"]}}"#,
                order: 8),
            try Sample.entry(.route, #"{"name":"d","forward":[{"upstream":"safe"}],"policies":["no"]}"#, order: 8),
        ]
        for entry in entries {
            let error = #expect(throws: SnapshotRejected.self) {
                try gateway.prepare(Sample.delta(content, upserts: [entry]))
            }
            #expect(error?.resources.first?.key == entry.resource.key)
        }
    }

    @Test("A full update and a delta come to the same")
    func deltaEqualsFull() throws {
        var content = try Self.content()
        let changed = try Gateway.serving(content.full())
        let update = Sample.delta(
            content,
            upserts: [try Self.certificate("two", "AAAA"), try Self.certificate("corp", "BBBB", usage: "ca")])
        _ = changed.commit(try changed.prepare(update))
        try content.apply(update)
        let whole = try Gateway.serving(content.full())
        #expect(changed.groups.sorted { $0.port < $1.port } == whole.groups.sorted { $0.port < $1.port })
        #expect(Set(changed.upstreams.compactMap(\.self)) == Set(whole.upstreams.compactMap(\.self)))
    }
}
