import DataPlane

/// Which `Host` values the admin port answers to.
///
/// A browser that was led here by a name under somebody else's control (DNS rebinding) sends that name; it gets 421.
/// IP literals cannot be rebound, so a port bound to all addresses answers to each of them.
struct AdminHosts {
    private let bound: ListenAddress

    init(bound: ListenAddress) { self.bound = bound }

    /// - Parameter host: without the port, in lower case, an IPv6 literal in brackets; empty when HTTP/1.0 sent none.
    func accepts(_ host: String) -> Bool {
        if ["", "localhost", "127.0.0.1", "[::1]"].contains(host) { return true }
        let literal = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard SocketName(ListenAddress(address: literal, port: 0)) != nil else { return false }
        return literal == self.bound.address || ["0.0.0.0", "::"].contains(self.bound.address)
    }
}
