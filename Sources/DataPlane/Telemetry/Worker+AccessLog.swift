import GatewayModel
import Glibc
import HTTPWire
import Reactor
import Routing

extension Worker {
    /// Bytes of a path or host that a line shows; more is cut.
    private static let shownBytes = 1024

    /// Begins the exchange's line while the head's bytes are at hand.
    func startLogLine(_ exchange: ExchangeRef, head: Span<UInt8>?) {
        guard self.accessLog.isEnabled else { return }
        var line = self.buffers.borrow(BufferPool.smallSize)
        var writer = ByteWriter(line.base, capacity: line.capacity)
        writer.append("{\"time\":\"")
        writer.append(timestamp: Clock.wallMicroseconds())
        writer.append("\",\"requestId\":\"")
        writer.append(exchange.pointee.id)
        writer.append("\",\"listener\":")
        writer.append(quoted: exchange.settings.name.utf8.span)
        writer.append(",\"clientAddress\":\"")
        self.writeClientAddress(exchange, into: &writer)
        writer.append("\"")
        self.writeSecurity(exchange.pointee.client, into: &writer)
        if let head {
            self.writeRequest(exchange, head, into: &writer)
        } else if exchange.pointee.tunnel != nil {
            let isTLS = exchange.pointee.client.listener.proto == .tls
            writer.append(isTLS ? ",\"protocol\":\"TLS\"" : ",\"protocol\":\"TCP\"")
        }
        line.end = writer.count
        exchange.pointee.logLine = line
    }

    private func writeSecurity(_ client: ClientRef, into writer: inout ByteWriter) {
        guard let session = client.pointee.tls else { return }
        writer.append(",\"tls\":\"")
        writer.append(session.version)
        writer.append("\"")
        guard let identity = client.identity, identity.isVerified else { return }
        writer.append(",\"clientCertificate\":")
        writer.append(quoted: identity.subject.utf8.span)
    }

    private func writeRequest(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        writer.append(",\"method\":")
        writer.append(quoted: bytes.extracting(self.requestHead.methodBytes.range))
        writer.append(",\"host\":")
        writer.append(quoted: bytes.extracting(self.requestHead.authority.range))
        writer.append(",\"path\":")
        let path = bytes.extracting(self.requestHead.path.range)
        writer.append(quoted: path.extracting(first: min(path.count, Self.shownBytes)))
        writer.append(",\"protocol\":\"")
        if exchange.isHTTP2 {
            writer.append("HTTP/2")
        } else {
            writer.append(self.requestHead.version == .http11 ? "HTTP/1.1" : "HTTP/1.0")
        }
        writer.append("\"")
    }

    /// Adds what only people understand to the exchange's line.
    func noteDetail(_ exchange: ExchangeRef, _ text: String) {
        guard let line = exchange.pointee.logLine else { return }
        var writer = ByteWriter(line.base + line.end, capacity: line.capacity - line.end)
        writer.append(",\"detail\":")
        writer.append(quoted: text.utf8.span.extracting(first: min(text.utf8.count, 256)))
        if !writer.isOverrun { exchange.pointee.logLine?.end += writer.count }
    }

    /// Completes the line with what the exchange came to, and hands it to the log.
    func finishLogLine(_ exchange: ExchangeRef) {
        guard let line = exchange.pointee.logLine else { return }
        var writer = ByteWriter(line.base + line.end, capacity: line.capacity - line.end)
        if let route = exchange.pointee.route {
            let name = route._withUnsafeGuaranteedRef { $0.name }
            writer.append(",\"route\":")
            writer.append(quoted: name.utf8.span)
            self.writeUpstream(exchange, exchange.pointee.slot, into: &writer)
        }
        if exchange.pointee.response.status > 0 {
            writer.append(",\"status\":")
            writer.append(decimal: UInt64(exchange.pointee.response.status))
        }
        if let reason = exchange.pointee.reason {
            writer.append(",\"reason\":\"")
            writer.append(reason.code)
            writer.append("\"")
        }
        if exchange.pointee.access != nil || exchange.pointee.traffic != nil {
            self.writePolicies(exchange, into: &writer)
        }
        self.writeMeasures(exchange, into: &writer)
        writer.append("}\n")
        if writer.isOverrun || !self.accessLog.append(line.base, count: line.end + writer.count, now: self.now) {
            self.counters.logDropped += 1
        }
        self.giveBack(&exchange.pointee.logLine)
    }

    private func writeUpstream(_ exchange: ExchangeRef, _ slot: Int, into writer: inout ByteWriter) {
        guard self.pools.indices.contains(slot), let pool = self.pools[slot] else { return }
        writer.append(",\"upstream\":")
        writer.append(quoted: pool.pointee.name.utf8.span)
        guard pool.pointee.endpoints.indices.contains(exchange.pointee.endpoint) else { return }
        writer.append(",\"endpoint\":\"")
        writer.append(pool.pointee.endpoints[exchange.pointee.endpoint].text)
        writer.append("\"")
        guard exchange.pointee.tries.retries > 0 else { return }
        writer.append(",\"retries\":")
        writer.append(decimal: UInt64(clamping: exchange.pointee.tries.retries))
    }

    private func writeMeasures(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        writer.append(",\"bytesIn\":")
        writer.append(decimal: exchange.pointee.bytesIn)
        writer.append(",\"bytesOut\":")
        writer.append(decimal: exchange.pointee.bytesOut)
        writer.append(",\"durationMs\":")
        writer.append(milliseconds: self.nowNanoseconds &- exchange.pointee.startedAt)
        guard exchange.pointee.forwardedAt > 0 else { return }
        writer.append(",\"upstreamMs\":")
        let answeredAt = exchange.pointee.answeredAt > 0 ? exchange.pointee.answeredAt : self.nowNanoseconds
        writer.append(milliseconds: answeredAt &- exchange.pointee.forwardedAt)
    }
}

extension ByteWriter {
    /// A JSON string (RFC 8259 section 7) of bytes that need not be UTF-8: those outside ASCII are escaped one by one.
    mutating func append(quoted bytes: Span<UInt8>) {
        self.append(0x22)
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == 0x22 || byte == 0x5C {
                self.append(0x5C)
                self.append(byte)
            } else if byte < 0x20 || byte >= 0x7F {
                self.append("\\u00")
                self.append(hex: UInt64(byte), digits: 2)
            } else {
                self.append(byte)
            }
        }
        self.append(0x22)
    }

    /// Nanoseconds as milliseconds with three decimals.
    fileprivate mutating func append(milliseconds nanoseconds: UInt64) {
        let microseconds = nanoseconds / 1000
        self.append(decimal: microseconds / 1000)
        self.append(0x2E)
        let rest = microseconds % 1000
        self.append(0x30 + UInt8(rest / 100))
        self.append(0x30 + UInt8(rest / 10 % 10))
        self.append(0x30 + UInt8(rest % 10))
    }

    /// RFC 3339 in UTC with milliseconds.
    mutating func append(timestamp microseconds: Int64) {
        var seconds = time_t(microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        self.append(number: parts.tm_year + 1900, digits: 4)
        self.append(0x2D)
        self.append(number: parts.tm_mon + 1, digits: 2)
        self.append(0x2D)
        self.append(number: parts.tm_mday, digits: 2)
        self.append(0x54)
        self.append(number: parts.tm_hour, digits: 2)
        self.append(0x3A)
        self.append(number: parts.tm_min, digits: 2)
        self.append(0x3A)
        self.append(number: parts.tm_sec, digits: 2)
        self.append(0x2E)
        self.append(number: Int32(microseconds / 1000 % 1000), digits: 3)
        self.append(0x5A)
    }

    private mutating func append(number: Int32, digits: Int) {
        var divisor: Int32 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            self.append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
