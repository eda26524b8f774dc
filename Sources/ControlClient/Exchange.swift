/// One call to the control plane.
package struct ClientRequest: Sendable {
    /// The methods that the admin API knows.
    package enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE" }

    /// Sent as it is.
    package var method: Method
    /// Path and query below the client's base URL, with a leading slash.
    package var path: String
    /// Beside those that the client sends itself.
    package var headers: [(name: String, value: String)] = []
    /// `nil` for a request without one.
    package var body: [UInt8]?
    /// From the call to the last byte of the answer.
    package var timeoutMilliseconds: Int = 30_000
    /// An answer with a longer body fails the call.
    package var maximumBytes: Int = 512 * 1024 * 1024
    /// Where the body of a success goes instead of into memory: a descriptor that stays the caller's.
    package var output: Int32?

    /// A request without body, with the default limits.
    package init(_ method: Method, _ path: String) {
        self.method = method
        self.path = path
    }

    /// Percent-encodes a value for a query or a path segment (RFC 3986, everything but unreserved bytes).
    package static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What came back, whatever the status.
package struct ClientAnswer: Sendable {
    /// The status code.
    package let status: Int
    /// Names are in lower case.
    package let headers: [(name: String, value: String)]
    /// Empty when there was none.
    package let body: [UInt8]

    /// The first value of a header; the name in lower case.
    package func header(_ name: String) -> String? {
        self.headers.first { $0.name == name }?.value
    }
}

/// Why there is no answer.
package enum ClientError: Error, Equatable {
    /// Nobody listens there, or the name is not known.
    case noConnection(String)
    /// The certificate does not verify, or there is no TLS where it was expected.
    case untrusted(String)
    /// A broken connection or a time-out.
    case unreachable(String)
    /// The body could not be written where it should go.
    case outputFailed
    case bodyTooLarge(limit: Int)
    case cancelled
    /// libcurl could not be set up, or the URL is none.
    case invalid(String)

    /// A sentence for people.
    package var message: String {
        switch self {
        case .noConnection(let reason), .untrusted(let reason), .unreachable(let reason): reason
        case .outputFailed: "the answer could not be written"
        case .bodyTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .cancelled: "cancelled"
        case .invalid(let reason): reason
        }
    }
}
