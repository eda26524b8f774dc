import CNghttp2
import HTTPWire
import Reactor

/// HTTP/2 on one client connection: the library's session and what the worker remembers about it.
///
/// The library does framing, HPACK, stream states and flow control (RFC 9113, RFC 7541). It calls back with what came; see
/// `SessionCallbacks`. Cells live in a slab.
struct ClientSession {
    /// Octets of a stream's body that a client may send before the upstream has taken any of it.
    static let streamWindow: Int32 = 128 * 1024
    /// Streams are held back one by one; the connection as a whole is not, so that a slow upstream stops only its own.
    static let connectionWindow: Int32 = .max

    let handle: OpaquePointer
    /// What it holds and does not need while nothing happens.
    let pages: cnghttp2_pages
    /// They were given back since the last stream.
    var isResting = false
    /// It has frames to send and is in the worker's list for that.
    var isPending = false
    /// The client was told that the connection ends; with the answer to a ping it has surely heard.
    var isLeaving = false
    var hasHeardOfLeaving = false
    /// The header block that is coming.
    var block = HeaderBlock()
    var quiet = QuietFrames()

    init(handle: OpaquePointer) {
        self.handle = handle
        self.pages = cnghttp2_taken()
    }
}

typealias SessionRef = UnsafeMutablePointer<ClientSession>

/// The first bytes of a connection, compared with the preface of HTTP/2 (RFC 9113 section 3.4).
enum PrefaceMatch {
    case differs
    /// All there is so far.
    case incomplete
    case complete
}

extension ClientSession {
    static func matchPreface(_ bytes: Span<UInt8>) -> PrefaceMatch {
        let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        for offset in 0..<min(bytes.count, preface.utf8CodeUnitCount)
        where bytes[offset] != preface.utf8Start[offset] {
            return .differs
        }
        return bytes.count < preface.utf8CodeUnitCount ? .incomplete : .complete
    }
}

/// Counts frames that bring nothing: a client that sends little else is up to no good.
///
/// The library bounds what such frames make it remember (acknowledgements, settings, resets); this bounds the work.
struct QuietFrames {
    private static let limit = 1000
    /// Of a stream that is reset by either side: a few hundred in ten seconds are more than people cancel.
    static let reset = 4
    /// Of a piece of an answer: clients open windows for each, the stream's and the connection's.
    static let piece = 3
    private static let period: UInt64 = 10_000

    private var count = 0
    private var since: UInt64 = 0

    /// A frame without a request or a piece of a body; one that makes work counts for more. `false`: there were too many
    /// within ten seconds.
    mutating func take(at now: UInt64, weight: Int = 1) -> Bool {
        if now &- self.since > Self.period {
            self.since = now
            self.count = 0
        }
        self.count += weight
        return self.count <= Self.limit
    }

    /// A piece of a body or a request went by, in either direction, which earns what flow control needs for it.
    mutating func earn(_ weight: Int = 1) {
        self.count = max(0, self.count - weight)
    }
}
