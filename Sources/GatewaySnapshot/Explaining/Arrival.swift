import GatewayModel
import HTTPWire
import Routing

/// Where a request arrives, and which route it comes to there.
struct Arrival {
    /// How sure it is that a request to the URL comes to this address and port; the surest first.
    enum Nearness: Int, Comparable {
        /// The port is the URL's.
        case port
        /// A listener says that browsers see it at the URL's port.
        case publicPort
        /// Nobody listens at the port: something in front may map it. The scheme fits.
        case scheme
        case any

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    let nearness: Nearness
    let group: ListenerGroup
    /// The listener that takes the connection; `nil`: none knows its server name.
    let connection: Listener?
    let routing: RouteExplanation
    /// The listener routes bytes and sees no requests.
    let isTunnel: Bool

    /// The listener that takes the request; `nil`: none knows its host.
    var listener: Listener? { self.routing.listener.map { self.group.listeners[$0] } }
    /// TLS is spoken with the gateway.
    var isSecure: Bool { self.connection.map { $0.proto == .https || $0.proto == .tls } ?? true }
    /// A request to a host that another listener has than the one that the connection came to.
    var isMisdirected: Bool {
        guard !self.isTunnel, self.group.listeners.first?.proto == .https, let connection, let listener else {
            return false
        }
        return connection.name != listener.name
    }
}

extension Gateway {
    /// Where a request may arrive, the likeliest first.
    func arrivals(_ url: ExplainedURL, _ head: ExplainedHead) -> [Arrival] {
        let live = self.groups.indices.filter { !self.groups[$0].isRemoved }
        let near = live.map { (slot: $0, nearness: self.groups[$0].nearness(to: url)) }
        let isKnown = near.contains { $0.nearness <= .publicPort }
        return near.filter { !isKnown || $0.nearness <= .publicPort }
            .sorted { self.order($0, url) < self.order($1, url) }
            .map { self.arrival($0.slot, $0.nearness, url, head) }
    }

    private func order(_ place: (slot: Int, nearness: Arrival.Nearness), _ url: ExplainedURL) -> (Int, Int, Int) {
        (place.nearness.rawValue, self.groups[place.slot].address == url.host ? 0 : 1, place.slot)
    }

    private func arrival(_ slot: Int, _ nearness: Arrival.Nearness, _ url: ExplainedURL, _ head: ExplainedHead)
        -> Arrival
    {
        let group = self.groups[slot]
        let connection = self.connection(slot, url)
        let isTunnel = connection.map { !$0.proto.isHTTP } ?? false
        let routing: RouteExplanation
        if isTunnel {
            let host = connection?.proto == .tls ? url.serverName : ""
            routing = [UInt8(ascii: "/")].withUnsafeBytes {
                self.table.explain(group: slot, host: host, RouteRequest(path: $0))
            }
        } else {
            routing = head.withRequest { self.table.explain(group: slot, host: head.host, $0) }
        }
        return Arrival(
            nearness: nearness, group: group, connection: connection, routing: routing, isTunnel: isTunnel)
    }

    /// The listener that takes a connection: under TLS by its server name, else the first.
    private func connection(_ slot: Int, _ url: ExplainedURL) -> Listener? {
        let group = self.groups[slot]
        guard let first = group.listeners.first, first.proto == .https || first.proto == .tls else {
            return group.listeners.first
        }
        var name = url.serverName
        let place = name.withUTF8 { self.listener(group: slot, host: UnsafeRawBufferPointer($0)) }
        return place.map { group.listeners[$0] }
    }
}

extension ListenerGroup {
    fileprivate func nearness(to url: ExplainedURL) -> Arrival.Nearness {
        if self.port == url.port { return .port }
        if self.listeners.contains(where: { $0.publicPort == url.port }) { return .publicPort }
        return self.listeners.contains { $0.proto != .tcp && ($0.proto == .http) != url.isSecure } ? .scheme : .any
    }
}

extension ExplainedURL {
    /// What a client of TLS sends as SNI (RFC 6066 section 3): a name, and nothing for an address.
    var serverName: String {
        guard IPAddress(self.host) == nil else { return "" }
        return self.host.hasSuffix(".") ? String(self.host.dropLast()) : self.host
    }
}
