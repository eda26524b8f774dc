import HTTPWire
import Reactor

/// One client connection of HTTP/1.1.
///
/// ```
/// head ─▶ exchange ─▶ head …          one request after the other
///   └──▶ flushing ─▶ lingering ─▶ closed    the gateway answers and closes
/// ```
///
/// Cells live in a slab and are reached by pointer: nothing here is reference-counted. A closed cell is given back at
/// the end of the loop's turn, so that an event of the same turn cannot meet its successor.
struct Client {
    enum State: UInt8 {
        /// Between requests, or a head is coming.
        case head
        case exchange
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
    var state = State.head
    /// The kernel may have bytes that were not read yet.
    var isReadable = false
    /// The client has sent all it will.
    var hasEnded = false
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
    /// Bytes that the kernel did not take yet.
    var output: Buffer?
    var requests = 0
    var lingerBudget = 0
    var exchange = Exchange()
    var forwarded: ForwardedFields
    // The worker's list of all clients.
    var previous: ClientRef?
    var next: ClientRef?

    init(token: UInt64, descriptor: Int32, acceptor: AcceptorRef, peer: SocketAddress) {
        self.timer = TimerNode(token: token)
        self.descriptor = descriptor
        self.acceptor = acceptor
        self.forwarded = ForwardedFields(peer: peer)
    }
}

typealias ClientRef = UnsafeMutablePointer<Client>

extension UnsafeMutablePointer<Client> {
    var timer: TimerWheel.Node {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: TimerNode.self)
    }
}

/// What the gateway tells upstreams about a client's connection, written once when it is accepted.
struct ForwardedFields {
    private(set) var address = InlineArray<46, UInt8>(repeating: 0)
    private(set) var addressCount = 0

    init(peer: SocketAddress) {
        var text = InlineArray<46, UInt8>(repeating: 0)
        var count = 0
        var span = text.mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            count = peer.writeHost(into: base, capacity: buffer.count)
        }
        self.address = text
        self.addressCount = count
    }

    /// `X-Forwarded-For` and `X-Forwarded-Proto`. What the client itself sent under these names was dropped.
    func write(into writer: inout ByteWriter) {
        writer.append("X-Forwarded-For: ")
        self.writeAddress(into: &writer)
        writer.append("\r\nX-Forwarded-Proto: http\r\n")
    }

    func writeAddress(into writer: inout ByteWriter) {
        writer.append(self.address.span.extracting(0..<self.addressCount))
    }
}
