import HTTPWire
import Reactor

/// HTTP/2 on one connection to an endpoint: the library's session, and the header block that is coming.
struct UpstreamSession {
    /// Octets of an answer that an upstream may send on a stream before the client has taken any of it.
    static let streamWindow: Int32 = 256 * 1024
    /// Streams are held back one by one; the connection as a whole is not, so that a slow client stops only its own.
    static let connectionWindow: Int32 = .max

    let handle: OpaquePointer
    let worker: Unmanaged<Worker>
    /// The connection is in the worker's list of carriers with something to do.
    var isPending = false
    var block = AnswerBlock()
}

typealias UpstreamSessionRef = UnsafeMutablePointer<UpstreamSession>

/// What a connection to an upstream has to do with HTTP/2: as a carrier of streams, or as a stream.
struct Carrying {
    /// The most streams at once on one connection, whatever the upstream allows.
    static let streamLimit = 100

    // Of a carrier.
    /// There from the end of the handshakes below it.
    var session: UpstreamSessionRef?
    var streams: UpstreamRef?
    var streamCount = 0
    var streamLimit = Carrying.streamLimit
    /// No stream is opened any more.
    var isLeaving = false

    // Of a stream.
    /// The connection it is in, or waits for; `nil` when that is gone.
    var carrier: UpstreamRef?
    /// 0 before the request has been handed to the library, and after the library has forgotten the stream.
    var number: Int32 = 0
    /// The upstream has ended the stream; what it sent may still wait for the client.
    var hasEnded = false
    /// The upstream has broken the stream off.
    var isReset = false
    /// The upstream said that it has not looked at the request.
    var wasRefused = false
    /// `output` begins with the whole of what was sent so far.
    var keepsRequest = false
    /// The library waits to be told that there is more of the body.
    var isDeferred = false
}

extension UnsafeMutablePointer<UpstreamConnection> {
    /// A carrier takes another stream.
    var hasRoom: Bool {
        switch self.pointee.state {
        case .connecting, .handshaking, .session:
            !self.pointee.carrying.isLeaving && self.pointee.carrying.streamCount < self.pointee.carrying.streamLimit
        case .awaitingHead, .answering, .idle, .closed: false
        }
    }
}
