import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Routing

/// Entries and small gateways for tests.
enum Sample {
    static func entry(_ kind: ResourceKind, _ text: String, order: Int64) throws -> SnapshotEntry {
        SnapshotEntry(resource: try Resource(kind: kind, name: nil, document: JSON(parsing: text)), order: order)
    }

    static func listener(_ name: String, port: Int, host: String? = nil) throws -> SnapshotEntry {
        let hosts = host.map { #","hostnames":["\#($0)"]"# } ?? ""
        return try Self.entry(.listener, #"{"name":"\#(name)","port":\#(port)\#(hosts)}"#, order: 1)
    }

    static func upstream(_ name: String, port: Int = 9000) throws -> SnapshotEntry {
        try Self.entry(
            .upstream, #"{"name":"\#(name)","endpoints":[{"address":"127.0.0.1","port":\#(port)}]}"#, order: 2)
    }

    static func route(_ name: String, to upstream: String, prefix: String, order: Int64) throws -> SnapshotEntry {
        try Self.entry(
            .route,
            #"{"name":"\#(name)","matches":[{"path":{"prefix":"\#(prefix)"}}],"forward":[{"upstream":"\#(upstream)"}]}"#,
            order: order)
    }

    /// One listener, two upstreams, two routes.
    static func content() throws -> SnapshotContent {
        var content = SnapshotContent(identity: "me")
        for entry in [
            try Self.listener("web", port: 8080), try Self.upstream("a"), try Self.upstream("b"),
            try Self.route("root", to: "a", prefix: "/", order: 3),
            try Self.route("api", to: "b", prefix: "/api", order: 4),
        ] { content.set(entry) }
        content.version = 1
        return content
    }

    static func delta(
        _ content: SnapshotContent, upserts: [SnapshotEntry] = [], deletes: [ResourceKey] = []
    ) -> SnapshotUpdate {
        var next = content
        for key in deletes { next.remove(key) }
        for entry in upserts { next.set(entry) }
        return SnapshotUpdate(
            identity: content.identity, from: content.version, version: content.version + 1, digest: next.digest,
            upserts: upserts, deletes: deletes)
    }
}

extension Gateway {
    static func serving(_ update: SnapshotUpdate) throws -> Gateway {
        let gateway = Gateway()
        _ = gateway.commit(try gateway.prepare(update))
        return gateway
    }

    /// The name of the route that takes a path in the first group.
    func route(_ path: String) -> String? {
        var (host, path) = ("shop.example", path)
        return host.withUTF8 { host in
            path.withUTF8 { path in
                self.find(group: 0, host: UnsafeRawBufferPointer(host), path: UnsafeRawBufferPointer(path))?
                    .takeUnretainedValue().name
            }
        }
    }
}
