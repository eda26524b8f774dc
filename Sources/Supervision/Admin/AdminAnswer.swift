import GatewayModel

/// An answer of the admin port; the connection closes after it.
struct AdminAnswer: Equatable {
    let status: Int
    let contentType: String
    let body: [UInt8]

    static func text(_ text: String, status: Int = 200) -> Self {
        Self(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    static func json(_ json: JSON, status: Int = 200) -> Self {
        Self(status: status, contentType: "application/json", body: json.encoded())
    }

    /// A problem document (RFC 9457) with a stable reason.
    static func problem(_ status: Int, _ reason: String, _ detail: String) -> Self {
        let document: JSON = [
            "type": .string("/problems/\(reason)"), "title": .string(Self.title(status)),
            "status": .integer(Int64(status)), "detail": .string(detail), "reason": .string(reason),
        ]
        return Self(status: status, contentType: "application/problem+json", body: document.encoded())
    }

    /// Head and body. `HEAD` gets the head alone.
    func encoded(withBody: Bool) -> [UInt8] {
        let head = """
            HTTP/1.1 \(self.status) \(Self.title(self.status))\r
            Content-Type: \(self.contentType)\r
            Content-Length: \(self.body.count)\r
            Cache-Control: no-store\r
            Connection: close\r
            \(self.status == 405 ? "Allow: GET, HEAD\r\n" : "")\r

            """
        return Array(head.utf8) + (withBody ? self.body : [])
    }

    static func title(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 202: "Accepted"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 414: "URI Too Long"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
