import HTTPWire
import Reactor

/// The one place where answers of the gateway itself are made: problem+json (RFC 9457).
struct ProblemDocument {
    let reason: Reason
    /// The reason's, unless somebody has chosen another.
    let status: UInt16
    let id: RequestID
    let method: Method
    /// The client is told that the connection ends.
    let closes: Bool
    let date: CachedDate
    /// Whole lines, `name: value` CRLF, beside the gateway's own.
    var lines: [UInt8] = []
    /// Of a policy, and whether it leaves those of CORS out.
    var fields = AnswerFields()
    var withoutCORS = false
    /// Of rate limits.
    var limits: Buffer?
    /// Behind all other lines.
    var cors: CORSLines?

    private var title: StaticString {
        self.status == self.reason.status ? self.reason.title : StatusText.of(self.status)
    }

    /// Writes head and body; a HEAD request gets the head alone.
    func write(into writer: inout ByteWriter) {
        writer.append("HTTP/1.1 ")
        writer.append(decimal: UInt64(self.status))
        writer.append(0x20)
        writer.append(self.title)
        writer.append("\r\nContent-Type: application/problem+json\r\nContent-Length: ")
        writer.append(decimal: UInt64(self.bodyCount))
        writer.append("\r\nX-Request-Id: ")
        writer.append(self.id)
        writer.append("\r\nDate: ")
        writer.append(self.date)
        writer.append("\r\n")
        if self.reason == .methodNotAllowed {
            writer.append("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n")
        }
        if !self.lines.isEmpty { writer.append(self.lines.span) }
        writer.append(self.fields, beside: nil, withoutCORS: self.withoutCORS)
        if let limits = self.limits { writer.append(limits.first, count: limits.count) }
        if let cors = self.cors { writer.append(cors) }
        if self.closes { writer.append("Connection: close\r\n") }
        writer.append("\r\n")
        if self.method != .head { self.writeBody(into: &writer) }
    }

    private func writeBody(into writer: inout ByteWriter) {
        writer.append("{\"type\":\"/problems/")
        writer.append(self.reason.code)
        writer.append("\",\"title\":\"")
        writer.append(self.title)
        writer.append("\",\"status\":")
        writer.append(decimal: UInt64(self.status))
        writer.append(",\"detail\":\"")
        writer.append(self.reason.detail)
        writer.append("\",\"instance\":\"urn:uuid:")
        writer.append(self.id)
        writer.append("\",\"requestId\":\"")
        writer.append(self.id)
        writer.append("\",\"reason\":\"")
        writer.append(self.reason.code)
        writer.append("\"}\n")
    }

    /// The body's size is known before it is written: all its parts have fixed lengths.
    private var bodyCount: Int {
        let frame: StaticString =
            "{\"type\":\"/problems/\",\"title\":\"\",\"status\":000,\"detail\":\"\",\"instance\":\"urn:uuid:\",\"requestId\":\"\",\"reason\":\"\"}\n"
        return frame.utf8CodeUnitCount + 2 * self.reason.code.utf8CodeUnitCount + self.title.utf8CodeUnitCount
            + self.reason.detail.utf8CodeUnitCount + 2 * RequestID.textCount
    }
}
