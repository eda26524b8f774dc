import ControlProtocol
import GatewayModel
import Testing

@Suite("Content and its digest")
struct ContentTests {
    @Test("A delta and the full update come out at the same digest")
    func deltaEqualsFull() throws {
        var content = try Sample.content()
        let update = Sample.delta(
            content, upserts: [try Sample.upstream("c"), try Sample.route("api", to: "c", prefix: "/v2", order: 4)],
            deletes: [ResourceKey(kind: .upstream, name: "b")])
        try content.apply(SnapshotUpdate(parsing: update.encoded()))
        var other = SnapshotContent(identity: "me")
        try other.apply(SnapshotUpdate(parsing: content.full().encoded()))
        #expect(other.digest == content.digest && other.version == 2)
        #expect(content.digest == update.digest)
    }

    @Test("The order in which resources come makes no difference")
    func order() throws {
        let content = try Sample.content()
        var other = SnapshotContent(identity: "me")
        for entry in content.full().upserts.reversed() { other.set(entry) }
        #expect(other.digest == content.digest)
    }

    @Test("An update that was tampered with is refused and changes nothing")
    func tampered() throws {
        var content = try Sample.content()
        let (digest, entries) = (content.digest, content.entries)
        let honest = Sample.delta(content, upserts: [try Sample.upstream("a", port: 9001)])
        let forged = SnapshotUpdate(
            identity: "me", from: 1, version: 2, digest: honest.digest,
            upserts: [try Sample.upstream("a", port: 6666)], deletes: [ResourceKey(kind: .route, name: "api")])
        #expect(throws: ProtocolError.self) { try content.apply(forged) }
        #expect(content.digest == digest && content.entries == entries && content.version == 1)
        try content.apply(honest)
        #expect(content.version == 2)
    }

    @Test("A change of another version or history is refused")
    func discontinuous() throws {
        var content = try Sample.content()
        let update = Sample.delta(content)
        try content.apply(update)
        #expect(throws: ProtocolError.self) { try content.apply(update) }
        var other = SnapshotContent(identity: "other")
        #expect(throws: ProtocolError.self) { try other.apply(try Sample.content().full()) }
    }

    @Test("An unknown field is refused with the resource's name")
    func unknownField() {
        let text = """
            {"identity":"me","version":1,"digest":"","deletes":[],"upserts":[{"kind":"route","name":"r","order":1,
            "document":{"name":"r","forward":[{"upstream":"a"}],"frobnicate":1}}]}
            """
        #expect {
            try SnapshotUpdate(parsing: Array(text.utf8))
        } throws: { error in
            (error as? ProtocolError)?.key == ResourceKey(kind: .route, name: "r")
        }
    }

    @Test("Content-Digest is SHA-256 in base64")
    func contentDigest() {
        #expect(contentDigestHeader([]) == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
    }

    @Test("A status reads back as it was written")
    func status() throws {
        let status = ReplicaStatus(
            replica: "r1", host: "h", version: 3, digest: "d", identity: "me", state: "rejected",
            error: [
                RejectedResource(key: ResourceKey(kind: .route, name: "r"), message: "no"),
                RejectedResource(key: nil, message: "whole"),
            ], uptimeSeconds: 5, traffic: .init(requests: 1, activeRequests: 2, responses5xx: 3),
            upstreams: [
                UpstreamHealth(
                    upstream: "orders",
                    endpoints: [
                        .init(endpoint: "[::1]:80", isHealthy: false, reasons: ["probe-failed: 503"], since: 1),
                        .init(endpoint: "10.0.0.1:80", isHealthy: true, reasons: [], since: nil),
                    ])
            ],
            firewall: FirewallEvents(
                [try FirewallEvent(sequence: 7, document: ["type": "waf", "score": 5])], dropped: 2))
        #expect(try ReplicaStatus(parsing: status.encoded()) == status)
    }
}
