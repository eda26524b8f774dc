import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// Connections of listeners that see no requests (`tcp`, `tls`): each is one exchange, a tunnel from the start.
///
/// It has no head to read on either side: it counts as answered before a byte has come, so that whatever goes wrong ends it
/// without a word.
extension Worker {
    /// Finds the route of a connection, which keeps it.
    ///
    /// - Parameter host: lower-case, empty when there is none.
    func findTunnelRoute(_ client: ClientRef, host: UnsafeRawBufferPointer) -> Bool {
        let group = client.pointee.acceptor.pointee.group
        let route = withUnsafeBytes(of: UInt8(0x2F)) { self.gateway.find(group: group, host: host, path: $0) }
        client.pointee.tunnelRoute = route?.retain()
        return route != nil
    }

    /// A connection of a `tcp` listener has no name to be routed by.
    func beginUnnamedTunnel(_ client: ClientRef) {
        let noHost = UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: self.scratchHost[..<0]))
        guard self.findTunnelRoute(client, host: noHost) else {
            self.counters.openingsRefused += 1
            return self.close(client)
        }
        self.beginTunnel(client)
    }

    /// Connects to an endpoint of the route that was found. What has come of the client's bytes goes there first.
    func beginTunnel(_ client: ClientRef) {
        let exchange = self.makeExchange(client, stream: 0)
        client.pointee.state = .exchange
        client.pointee.isTunnel = true
        client.pointee.closesAfter = true
        exchange.pointee.route = client.pointee.tunnelRoute
        client.pointee.tunnelRoute = nil
        exchange.pointee.tunnel = Tunnel(.bytes)
        exchange.pointee.request.framing = .untilClose
        exchange.pointee.request.remaining = .max
        exchange.pointee.request.isComplete = false
        exchange.pointee.response.framing = .untilClose
        exchange.pointee.response.hasHead = true
        self.startLogLine(exchange, head: nil)
        let noHead = UnsafeBufferPointer<UInt8>(start: nil, count: 0).span
        guard let route = exchange.pointee.route, self.choose(exchange, route, noHead, .plain) else { return }
        guard self.suits(exchange, upstream: exchange.pointee.slot) else {
            return self.abort(exchange, .upstreamInvalid)
        }
        if let pool = self.pool(of: exchange), pool.pointee.affinity != nil {
            self.noteAffinity(exchange, pool, noHead)
        }
        self.noteProgress(exchange)
        self.dispatch(exchange)
    }
}
