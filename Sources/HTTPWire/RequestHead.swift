/// The methods that the gateway tells apart; the bytes of the method are always at `RequestHead.methodBytes`.
package enum Method: UInt8, Sendable {
    case get, head, post, put, delete, options, patch, connect, trace, other

    init(_ name: Span<UInt8>) {
        self =
            switch name.count {
            case 3: name.matches("GET") ? .get : name.matches("PUT") ? .put : .other
            case 4: name.matches("HEAD") ? .head : name.matches("POST") ? .post : .other
            case 5: name.matches("PATCH") ? .patch : name.matches("TRACE") ? .trace : .other
            case 6: name.matches("DELETE") ? .delete : .other
            case 7: name.matches("OPTIONS") ? .options : name.matches("CONNECT") ? .connect : .other
            default: .other
            }
    }

    /// Idempotent by RFC 9110 section 9.2.2: sending it twice means no more than once.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .patch, .connect, .other: false
        }
    }
}

extension Span where Element == UInt8 {
    /// Compares with a literal byte by byte; methods are case-sensitive (RFC 9110 section 9.1).
    @inline(__always)
    package func matches(_ literal: StaticString) -> Bool {
        guard self.count == literal.utf8CodeUnitCount else { return false }
        for offset in self.indices where self[offset] != literal.utf8Start[offset] { return false }
        return true
    }
}

/// A request head as it was understood. All slices refer to the buffer that was parsed.
///
/// One value is reused for every request of a loop: parsing allocates nothing once the field store has grown.
package struct RequestHead: ~Copyable {
    package internal(set) var method = Method.other
    package internal(set) var methodBytes = Slice.empty
    package internal(set) var version = HTTPVersion.http11
    /// The authority that the request is for, as sent: from an absolute target, else from `Host`; empty when
    /// HTTP/1.0 gave none.
    package internal(set) var authority = Slice.empty
    /// `authority` without port and without a trailing dot; still in the sender's case.
    package internal(set) var host = Slice.empty
    /// The path as sent, `/` at least; `*` for the asterisk form.
    package internal(set) var path = Slice.empty
    /// From `?` to the end of the target, with the `?`; empty when there is none.
    package internal(set) var query = Slice.empty
    /// Whether an absolute target had no path, so that `path` is empty and stands for `/`.
    package internal(set) var hasEmptyPath = false
    package internal(set) var framing = BodyFraming.none
    /// Whether the client's connection may serve another request after this one.
    package internal(set) var persists = true
    package internal(set) var expectsContinue = false
    /// The connection is to become a WebSocket (RFC 6455 section 4.1): GET over HTTP/1.1, and no body that could be mistaken
    /// for what comes afterwards. Other upgrades are not known here.
    package internal(set) var asksForWebSocket = false
    package internal(set) var fields: FieldLines

    package init(fieldCapacity: Int = 128) {
        self.fields = FieldLines(capacity: fieldCapacity)
    }

    /// Has the request written with another framing than the one that it came with.
    package mutating func setFraming(_ framing: BodyFraming) { self.framing = framing }

    /// The body is at hand: nobody is asked to consent to it any more (RFC 9110 section 10.1.1).
    package mutating func dropExpectation() {
        for index in 0..<self.fields.count where self.fields[index].known == .expect { self.fields.drop(at: index) }
    }
}
