import GatewayModel

extension ReplicaStatus {
    private static let fields: Set = [
        "replica", "host", "version", "digest", "identity", "state", "error", "uptimeSeconds", "traffic",
        "upstreams", "wafEvents", "wafEventsDropped",
    ]
    private static let states: Set = ["applied", "rejected", "starting"]

    /// Reads a report.
    package init(parsing bytes: [UInt8]) throws(ProtocolError) {
        let reader = try MessageReader(try JSON(message: bytes), "a status", fields: Self.fields)
        let state = try reader.string("state")
        guard Self.states.contains(state) else { throw ProtocolError("a status has the unknown state \"\(state)\"") }
        var errors: [RejectedResource] = []
        for json in try reader.array("error") { errors.append(try RejectedResource(json)) }
        var upstreams: [UpstreamHealth] = []
        for json in try reader.optionalArray("upstreams") { upstreams.append(try UpstreamHealth(json)) }
        self.init(
            replica: try reader.string("replica"), host: try reader.string("host"),
            version: try reader.count("version"), digest: try reader.string("digest"),
            identity: try reader.string("identity"), state: state, error: errors,
            uptimeSeconds: UInt64(try reader.count("uptimeSeconds")),
            traffic: try Traffic(try reader.value("traffic")), upstreams: upstreams,
            firewall: try FirewallEvents(reader))
    }

    /// As it travels.
    package func encoded() -> [UInt8] {
        var members: JSONObject = [
            "replica": .string(self.replica), "host": .string(self.host), "version": .integer(self.version),
            "digest": .string(self.digest), "identity": .string(self.identity), "state": .string(self.state),
            "error": .array(self.error.map(\.json)),
            "uptimeSeconds": .integer(Int64(clamping: self.uptimeSeconds)), "traffic": self.traffic.json,
        ]
        if !self.upstreams.isEmpty { members["upstreams"] = .array(self.upstreams.map(\.json)) }
        self.firewall.add(to: &members)
        return JSON.object(members).encoded()
    }
}

extension ReplicaStatus.Traffic {
    fileprivate init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(json, "traffic", fields: ["requests", "activeRequests", "responses5xx"])
        self.init(
            requests: UInt64(try reader.count("requests")), activeRequests: UInt64(try reader.count("activeRequests")),
            responses5xx: UInt64(try reader.count("responses5xx")))
    }

    fileprivate var json: JSON {
        [
            "requests": .integer(Int64(clamping: self.requests)),
            "activeRequests": .integer(Int64(clamping: self.activeRequests)),
            "responses5xx": .integer(Int64(clamping: self.responses5xx)),
        ]
    }
}

extension RejectedResource {
    fileprivate init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(json, "an error", fields: ["kind", "name", "message"])
        let name = try reader.optionalString("name")
        let key = try reader.optionalString("kind") == nil ? nil : try reader.kind("kind")
        self.init(
            key: key.flatMap { kind in name.map { ResourceKey(kind: kind, name: $0) } },
            message: try reader.string("message"))
    }

    fileprivate var json: JSON {
        [
            "kind": self.key.map { .string($0.kind.rawValue) } ?? .null,
            "name": self.key.map { .string($0.name) } ?? .null,
            "message": .string(self.message),
        ]
    }
}
