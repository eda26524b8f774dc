import HTTPWire
import Reactor
import Routing

/// One request and its answer, from the head that was read to the last byte written.
///
/// A connection of HTTP/1.1 has one at a time, one of HTTP/2 one for each stream. Cells live in a slab; one that has ended
/// is given back at the end of the loop's turn, so that whoever still holds its address can see that it is over.
struct Exchange {
    /// First, so that a pointer to the node is a pointer to the cell.
    var timer: TimerNode
    let client: ClientRef
    /// The HTTP/2 stream; 0 on HTTP/1.1.
    let stream: Int32
    /// It has ended; the cell waits for the end of the turn.
    var isOver = false
    /// It is in the worker's list of exchanges with something to do.
    var isScheduled = false
    /// Held from routing to the end, so that a request keeps the configuration it started with.
    var route: Unmanaged<CompiledRoute>?
    /// How many bytes of the path it took the route for; see `RouteLookup`.
    var matched = 0
    /// The place among the route's shares of the one that was chosen.
    var share = 0
    /// Of the upstream that was chosen; -1 before.
    var slot = -1
    var upstream: UpstreamRef?
    /// The endpoint that was chosen last; -1 before.
    var endpoint = -1
    /// The endpoint that the client is to stay with; -1: none.
    var preferred = -1
    /// What requests with the same endpoint have in common.
    var hash: UInt64?
    var affinity = Affinity()
    /// There while the request is copied.
    var mirror: MirrorCopy?
    var waiting = Waiting()
    var tries = Tries()
    var request = RequestProgress()
    var response = ResponseProgress()
    /// There once the exchange is no longer one of HTTP.
    var tunnel: Tunnel?
    var coding = AnswerCoding()
    var cors = AnswerCORS()
    var answerFields = AnswerFields()
    /// What rate limits tell the client, as lines for the head of whatever answers; `nil`: nothing.
    var limitLines: Buffer?
    var id = RequestID.none
    /// Where the listener looks farther than the connection's peer.
    var clientAddress: IPBytes?
    /// The peer is a proxy whose `X-Forwarded-*` stands.
    var trustsForwarded = false
    /// Nanoseconds on the loop's clock.
    var startedAt: UInt64 = 0
    /// When the request was handed to the upstream; 0 before.
    var forwardedAt: UInt64 = 0
    /// When the answer's head had come; 0 before.
    var answeredAt: UInt64 = 0
    /// Milliseconds on the loop's clock after which the answer is late; `.max` for none.
    var deadline: UInt64 = .max
    /// A body beyond so many bytes is looked at again; see `passesBodyLimit`.
    var bodyLimit: UInt64 = .max
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    /// Why the gateway itself answered or gave up.
    var reason: Reason?
    /// The beginning of the access log line, written while the head was at hand.
    var logLine: Buffer?
    /// Body bytes of an HTTP/2 stream that the upstream has not taken yet.
    var input: Buffer?
    /// Body bytes of the answer that the stream's window has not taken yet.
    var output: Buffer?
    var call = Call()
    /// Retained; there while the request meets access rules.
    var access: Unmanaged<AccessState>?
    /// Retained; there where traffic rules have something to remember.
    var traffic: Unmanaged<TrafficState>?
    /// Retained; there once the request has had to wait before it was forwarded.
    var suspension: Unmanaged<Suspension>?
    /// Retained; there where it is no request of a client but a question to a service about one.
    var question: Unmanaged<ServiceQuestion>?
    /// The session waits to be told that there is more to send.
    var isDeferred = false
    // The client's list of exchanges.
    var previous: ExchangeRef?
    var next: ExchangeRef?

    init(token: UInt64, client: ClientRef, stream: Int32) {
        self.timer = TimerNode(token: token)
        self.client = client
        self.stream = stream
    }
}

typealias ExchangeRef = UnsafeMutablePointer<Exchange>

extension UnsafeMutablePointer<Exchange> {
    var timer: TimerWheel.Node {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: TimerNode.self)
    }

    var settings: ListenerSettings {
        @inline(__always)
        _read { yield self.pointee.client.pointee.acceptor.pointee.settings }
    }

    var isHTTP2: Bool { self.pointee.stream != 0 }
}

/// How far the request's body has come from the client.
struct RequestProgress {
    var method = Method.other
    var version = HTTPVersion.http11
    var framing = BodyFraming.none
    /// Bytes still to come of a body with a length.
    var remaining: UInt64 = 0
    var chunks = ChunkDecoder()
    /// The whole body has been taken from the client.
    var isComplete = true
    /// The client has sent the end of its stream (HTTP/2 alone); what came before may still wait for the upstream.
    var hasEnded = false
    /// The upstream takes no more of the body; what comes is not passed on.
    var isAbandoned = false
    /// The client would wait for `100 Continue`.
    var expectsContinue = false
    var upgrade = UpgradeRequest.none
}

/// How far the answer has come from the upstream.
struct ResponseProgress {
    /// How the upstream ends its body.
    var framing = BodyFraming.none
    var remaining: UInt64 = 0
    var chunks = ChunkDecoder()
    /// The client gets chunks.
    var sendsChunks = false
    /// All of the body has come.
    var isComplete = false
    /// The upstream's connection may be used again: it said so, and sent nothing beyond its answer.
    var keepsUpstream = false
    /// The final head has been written to the client.
    var hasHead = false
    /// The route's rules for answers apply: it is none of the gateway's own.
    var isRuled = false
    var status: UInt16 = 0
    var interimCount: UInt8 = 0
}

extension ResponseProgress {
    /// The client is told of the body's end by the end of the connection alone.
    var endsWithConnection: Bool {
        switch self.framing {
        case .chunked, .untilClose: self.hasHead && !self.sendsChunks
        case .none, .length: false
        }
    }
}
