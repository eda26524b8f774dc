import DataPlane
import GatewayModel

/// What a supervisor knows of one upstream, for its successor.
struct KnownUpstream: Equatable {
    let state: UpstreamState
    /// Whose last good answer the endpoints are; `nil`: the document lists them.
    let discovery: Discovery?

    /// A memfd with all of them; the caller closes it.
    static func write(_ upstreams: [KnownUpstream]) throws(ChannelError) -> Int32 {
        try SharedPayload.write(JSON.array(upstreams.map(\.json)).encoded())
    }

    /// Leaves the descriptor open.
    static func read(_ descriptor: Int32) throws(ChannelError) -> [KnownUpstream] {
        let bytes = try SharedPayload.read(descriptor)
        let items: [JSON]?
        do { items = try JSON(parsing: bytes).arrayValue } catch { throw .malformed("not JSON: \(error.message)") }
        let upstreams = items?.compactMap(KnownUpstream.init(json:))
        guard let upstreams, upstreams.count == items?.count else { throw .malformed("upstreams that are none") }
        return upstreams
    }

    private var json: JSON { ["state": self.state.json, "discovery": self.discovery?.json ?? .null] }

    private init?(json: JSON) {
        guard let state = json["state"].flatMap(UpstreamState.init(json:)) else { return nil }
        self.init(state: state, discovery: json["discovery"].flatMap(Discovery.init(json:)))
    }

    init(state: UpstreamState, discovery: Discovery?) { (self.state, self.discovery) = (state, discovery) }
}

extension Discovery {
    fileprivate var json: JSON {
        let port: JSON = if case .dns(let port) = self.source { .integer(Int64(port)) } else { .null }
        return [
            "hostname": .string(self.hostname), "port": port, "refresh": .integer(Int64(clamping: self.refresh)),
        ]
    }

    fileprivate init?(json: JSON) {
        guard let hostname = json["hostname"]?.stringValue else { return nil }
        let port = json["port"]?.integerValue.flatMap { UInt16(exactly: $0) }
        self.init(
            source: port.map { .dns(port: $0) } ?? .dnsSRV, hostname: hostname,
            refresh: UInt64(clamping: json["refresh"]?.integerValue ?? 0))
    }
}
