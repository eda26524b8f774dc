import CEpoll

/// The size of a connection's input buffer; a head must fit into it.
let inputCapacity = 32 * 1024
/// The size of a connection's output buffer: a whole input buffer and a rewritten head.
let outputCapacity = 64 * 1024

/// What is known of one descriptor. Slots are indexed by descriptor and their buffers are kept for the next owner, so
/// that a connection in the steady state allocates nothing.
struct Slot {
    enum Kind: UInt8 { case free, client, upstream }

    static let addressCapacity = 16

    var kind = Kind.free
    /// Tells an event for the descriptor's earlier owner from one for this.
    var generation: UInt32 = 0
    /// The other side of the exchange in flight; -1 when there is none.
    var peer: Int32 = -1
    /// Read and not yet used.
    var input: UnsafeMutablePointer<UInt8>
    var inputCount = 0
    /// To be written as soon as the socket takes it.
    var output: UnsafeMutablePointer<UInt8>
    var outputStart = 0
    var outputCount = 0
    /// Bytes of the current message's body that this side has not sent us yet.
    var bodyLeft = 0
    /// Upstream: the head of the answer has been relayed.
    var headDone = false
    /// Upstream: the request was a HEAD, so that the answer has no body.
    var isHead = false
    /// This side wants its connection closed after the exchange.
    var closes = false
    /// Reading was put off because the other side has not taken what came before.
    var isHeld = false
    /// Client: its address as text.
    var address: UnsafeMutablePointer<CChar>
    var addressCount = 0

    init() {
        input = .allocate(capacity: inputCapacity)
        output = .allocate(capacity: outputCapacity)
        address = .allocate(capacity: Self.addressCapacity)
    }

    /// Makes the slot ready for a new owner.
    mutating func reset(_ kind: Kind) {
        self.kind = kind
        generation &+= 1
        peer = -1
        inputCount = 0
        outputStart = 0
        outputCount = 0
        bodyLeft = 0
        headDone = false
        isHead = false
        closes = false
        isHeld = false
    }

    /// Drops the first `count` bytes of the input.
    mutating func consume(_ count: Int) {
        inputCount &-= count
        if inputCount > 0 { memmove(input, input + count, inputCount) }
    }
}
