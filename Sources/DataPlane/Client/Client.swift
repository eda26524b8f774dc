import HTTPWire
import Reactor
import Routing

/// One client connection.
///
/// ```
/// opening ─▶ handshake ─▶ head              the PROXY protocol and TLS, where the listener has them
/// head ─▶ exchange ─▶ head …               HTTP/1.1: one request after the other
///   ├──▶ session ─────────────▶ closed     HTTP/2: an exchange for each stream
///   └──▶ flushing ─▶ lingering ─▶ closed   the gateway answers and closes
/// ```
///
/// Cells live in a slab and are reached by pointer: nothing here is reference-counted. A closed cell is given back at
/// the end of the loop's turn, so that an event of the same turn cannot meet its successor.
struct Client {
    enum State: UInt8 {
        /// A header of the PROXY protocol or a ClientHello is coming.
        case opening
        case handshake
        /// Between requests, or a head is coming.
        case head
        case exchange
        /// HTTP/2 is spoken.
        case session
        /// The last answer is being written; then `lingering`, or closed.
        case flushing
        /// Writing is over; what still comes is read and dropped, so that the answer is not lost to a reset.
        case lingering
        case closed
    }

    /// First, so that a pointer to the node is a pointer to the cell.
    var timer: TimerNode
    let descriptor: Int32
    let acceptor: AcceptorRef
    /// For callbacks of the HTTP/2 library, which know the client alone.
    let worker: Unmanaged<Worker>
    /// Retained: a connection keeps the listener that took it.
    var listener: Unmanaged<ListenerRuntime>
    var state = State.head
    /// It stands for nobody: an exchange of a copy has it. It has no socket, and what is written to it is lost.
    var isMirror = false
    var awaitsProxyHeader = false
    /// The listener says something about single requests: who their client is, a health answer, client certificates.
    var hasRules = false
    /// See `ListenerRuntime.validation`.
    var validation: UInt64 = 0
    /// The client has said, under TLS, that it will send no more.
    var hasSaidGoodbye = false
    /// The last answer broke off: the end must not look as if it were meant.
    var isTruncated = false
    /// The kernel may have bytes that were not read yet.
    var isReadable = false
    /// The client has sent all it will.
    var hasEnded = false
    /// An HTTP/1.1 connection that is one no more.
    var isTunnel = false
    /// No request is taken after this one.
    var closesAfter = false
    /// `input` begins with bytes that no attempt to parse has seen.
    var hasUnparsedInput = false
    /// Bytes of a request may still come that nobody will read.
    var hasUnreadRequest = false
    /// The client is in the worker's list of clients with something to do.
    var isScheduled = false
    /// Bytes that were read and not used yet.
    var input: Buffer?
    /// Bytes, as they go on the wire, that the kernel did not take yet.
    var output: Buffer?
    var requests = 0
    var lingerBudget = 0
    /// All that are under way: one at most on HTTP/1.1.
    var exchanges: ExchangeRef?
    var session: SessionRef?
    /// Retained; found by the server name, for the tunnel that begins after the handshake.
    var tunnelRoute: Unmanaged<CompiledRoute>?
    var tls: TLSSession?
    /// Retained; there when the client has shown a certificate.
    var identity: Unmanaged<ClientIdentity>?
    var forwarded: ForwardedFields
    // The worker's list of all clients.
    var previous: ClientRef?
    var next: ClientRef?

    init(
        token: UInt64, descriptor: Int32, acceptor: AcceptorRef, worker: Unmanaged<Worker>,
        listener: Unmanaged<ListenerRuntime>, peer: SocketAddress
    ) {
        self.listener = listener
        self.timer = TimerNode(token: token)
        self.descriptor = descriptor
        self.acceptor = acceptor
        self.worker = worker
        self.forwarded = ForwardedFields(peer: peer)
    }

    /// What stands for the client of a copy.
    init(mirrorOf client: ClientRef, token: UInt64) {
        self.listener = client.pointee.listener.retain()
        self.timer = TimerNode(token: token)
        self.descriptor = -1
        self.acceptor = client.pointee.acceptor
        self.worker = client.pointee.worker
        self.forwarded = client.pointee.forwarded
        self.isMirror = true
        self.state = .exchange
        self.closesAfter = true
    }
}

typealias ClientRef = UnsafeMutablePointer<Client>

extension UnsafeMutablePointer<Client> {
    var timer: TimerWheel.Node {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: TimerNode.self)
    }
}
