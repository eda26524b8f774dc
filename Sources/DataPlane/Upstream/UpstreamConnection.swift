import Reactor

/// One connection to an endpoint, as one exchange after the other has it.
///
/// A stream of HTTP/2 has a cell of the same kind, without a socket, for its one exchange: what is said of connections to
/// upstreams holds for it, and its bytes travel in another cell, its carrier. See `UpstreamHTTP2/`.
///
/// ```
/// connecting ─▶ handshaking ─▶ awaitingHead ─▶ answering ─▶ idle ─▶ awaitingHead …
///      └─────────────┴───────────────┴─────────────┴────────┴──▶ closed
/// ```
struct UpstreamConnection {
    enum Kind: UInt8 {
        /// HTTP/1.1 without and with TLS.
        case plain, sealed
        /// A stream of HTTP/2.
        case stream
        /// A connection that carries streams, or will.
        case carrier
    }

    enum State: UInt8 {
        case connecting
        /// TLS is being agreed on.
        case handshaking
        /// The request is on its way or all gone; no final head has come.
        case awaitingHead
        /// The answer's body is coming.
        case answering
        case idle
        /// Carriers: streams may be opened.
        case session
        case closed
    }

    /// First, so that a pointer to the node is a pointer to the cell.
    var timer: TimerNode
    let descriptor: Int32
    let pool: PoolRef
    let endpoint: Int
    var kind = Kind.plain
    var state = State.connecting
    var isReadable = false
    /// The upstream has sent all it will.
    var isEnding = false
    /// It served another request before: the upstream may have closed it meanwhile.
    var isReused = false
    /// The upstream has said, under TLS, that it will send no more.
    var hasSaidGoodbye = false
    /// Bytes of an answer to the present request have come.
    var hasAnswered = false
    var exchange: ExchangeRef?
    /// It counts among the connections that the upstream may have.
    var isCounted = false
    /// The part of a head that has come.
    var input: Buffer?
    /// The request: the head, kept whole for a retry until an answer comes, and what of the body the kernel did not take.
    var output: Buffer?
    var tls: TLSSession?
    /// Ciphertext that the kernel did not take; then `output` has been encrypted to its end.
    var wire: Buffer?
    var carrying = Carrying()
    // The list it is in: the endpoint's idle connections or carriers, or the carrier's streams.
    var previous: UpstreamRef?
    var next: UpstreamRef?

    init(token: UInt64, descriptor: Int32, pool: PoolRef, endpoint: Int) {
        self.timer = TimerNode(token: token)
        self.descriptor = descriptor
        self.pool = pool
        self.endpoint = endpoint
    }
}

typealias UpstreamRef = UnsafeMutablePointer<UpstreamConnection>

extension UnsafeMutablePointer<UpstreamConnection> {
    var timer: TimerWheel.Node {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: TimerNode.self)
    }
}
