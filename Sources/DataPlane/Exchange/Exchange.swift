import HTTPWire
import Reactor
import Routing

/// One request and its answer, from the head that was read to the last byte written.
///
/// It is embedded in the client's cell and reused: HTTP/1.1 has one exchange at a time.
struct Exchange {
    /// Held from routing to the end, so that a request keeps the configuration it started with.
    var route: Unmanaged<CompiledRoute>?
    var upstream: UpstreamRef?
    /// The endpoint that was chosen last; -1 before.
    var endpoint = -1
    var request = RequestProgress()
    var response = ResponseProgress()
    var id = RequestID.none
    /// Nanoseconds on the loop's clock.
    var startedAt: UInt64 = 0
    /// When the request was handed to the upstream; 0 before.
    var forwardedAt: UInt64 = 0
    /// When the answer's head had come; 0 before.
    var answeredAt: UInt64 = 0
    /// Milliseconds on the loop's clock after which the answer is late; `.max` for none.
    var deadline: UInt64 = .max
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    /// Why the gateway itself answered or gave up.
    var reason: Reason?
    /// The beginning of the access log line, written while the head was at hand.
    var logLine: Buffer?
    /// A retry on a fresh connection was made.
    var wasRetried = false
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
    /// The upstream takes no more of the body; what comes is not passed on.
    var isAbandoned = false
    /// The client would wait for `100 Continue`.
    var expectsContinue = false
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
