import HTTPWire

/// What a request asks to turn its connection or stream into.
enum UpgradeRequest: UInt8 {
    case none
    /// `Upgrade: websocket` on HTTP/1.1 (RFC 6455).
    case webSocket
    /// CONNECT with `:protocol` `websocket` on HTTP/2 (RFC 8441): the client knows no 101, and reads any success as consent.
    case extendedConnect
}

/// An exchange that has become a tunnel: bytes go both ways as they come, for as long as the route's `idle` allows.
///
/// ```
/// client ──request──▶ upstream       ends on its own: the client's end is passed on when all before it has gone
///        ◀─response──                 the same the other way; when both have ended, so has the tunnel
/// ```
///
/// The direction from the client moves as a request's body does, the other one as an answer's does that ends with its
/// connection; back-pressure is theirs.
struct Tunnel {
    enum Content: UInt8 { case webSocket, bytes }

    let content: Content
    /// The client has sent all it will.
    var clientHasEnded = false
    /// The upstream has sent all it will.
    var upstreamHasEnded = false
    /// The client knows that nothing more comes.
    var clientIsShut = false
    /// The client is to be told between two frames that the gateway goes away.
    var isLeaving = false
    /// It was told; what the upstream still says is dropped.
    var hasSaidGoodbye = false
    /// From the upstream to the client.
    var frames = WebSocketFrames()

    /// What goes through says itself when it is complete: an end without a word from TLS cuts nothing off unseen.
    var tellsItsEnd: Bool { self.content == .webSocket }

    init(_ content: Content) {
        self.content = content
    }
}

extension UnsafeMutablePointer<Client> {
    /// See `Tunnel.tellsItsEnd`.
    var tellsItsEnd: Bool { self.pointee.isTunnel && self.pointee.exchanges?.pointee.tunnel?.tellsItsEnd == true }
}

extension UnsafeMutablePointer<Exchange> {
    /// Never was a request: it has no status, and does not count as one.
    var isByteTunnel: Bool { self.pointee.tunnel?.content == .bytes }
}

extension Reason {
    /// No upstream has been reached: a tunnel that ends so has cut nothing off.
    var isBeforeUpstream: Bool {
        self == .noEndpoint || self == .noShare || self == .upstreamRequestLimit || self == .upstreamPendingLimit
            || self == .upstreamConnectFailed || self == .upstreamTLSFailed
    }
}
