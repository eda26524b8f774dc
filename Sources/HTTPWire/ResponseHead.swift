/// A response head as it was understood. All slices refer to the buffer that was parsed; reused like `RequestHead`.
package struct ResponseHead: ~Copyable {
    package private(set) var version = HTTPVersion.http11
    package private(set) var status: UInt16 = 0
    package private(set) var reason = Slice.empty
    /// Body framing by the fields alone; see `framing(for:)`.
    private var declared = BodyFraming.untilClose
    /// Whether the upstream's connection may serve another request after this one.
    package private(set) var persists = true
    package private(set) var isEventStream = false
    package private(set) var hasDate = false
    /// `Upgrade` names `websocket`: what a 101 (RFC 9110 section 15.2.2) has to do.
    package private(set) var namesWebSocket = false
    package internal(set) var fields: FieldLines

    package init(fieldCapacity: Int = 128) {
        self.fields = FieldLines(capacity: fieldCapacity)
    }

    /// How the body of this answer to `method` ends (RFC 9112 section 6.3).
    package func framing(for method: Method) -> BodyFraming {
        if method == .head || self.status < 200 || self.status == 204 || self.status == 304 { return .none }
        return self.declared
    }

    /// `Content-Length` as declared, which HEAD and 304 answers carry without a body.
    package var declaredLength: UInt64? {
        if case .length(let length) = self.declared { length } else { nil }
    }
}

extension ResponseHead {
    /// Parses the head at the start of `bytes` (RFC 9112 sections 4 to 6).
    package mutating func parse(_ bytes: Span<UInt8>, limits: HeadLimits) -> HeadParse {
        self.fields.removeAll()
        let result =
            switch self.parseStatusLine(bytes) {
            case .complete(let end): self.parseFields(bytes, from: end, limits: limits)
            case .incomplete: HeadParse.incomplete
            case .refused(let fault): HeadParse.refused(fault)
            }
        if case .incomplete = result, bytes.count >= limits.bytes { return .refused(.headTooLarge) }
        return result
    }

    private mutating func parseStatusLine(_ bytes: Span<UInt8>) -> HeadParse {
        let expected: StaticString = "HTTP/1."
        for index in 0..<7 {
            guard index < bytes.count else { return .incomplete }
            guard bytes[index] == expected.utf8Start[index] else { return .refused(.malformed) }
        }
        guard bytes.count > 12 else { return .incomplete }
        guard bytes[7] == 0x31 || bytes[7] == 0x30, bytes[8] == 0x20 else { return .refused(.malformed) }
        self.version = bytes[7] == 0x31 ? .http11 : .http10
        guard bytes[9] >= 0x31, bytes[9] <= 0x39, bytes[10].isDigit, bytes[11].isDigit else {
            return .refused(.malformed)
        }
        self.status =
            UInt16(bytes[9] &- 0x30) * 100 + UInt16(bytes[10] &- 0x30) * 10 + UInt16(bytes[11] &- 0x30)

        var offset = 12
        if bytes[offset] == 0x20 { offset += 1 } else if bytes[offset] != 0x0D { return .refused(.malformed) }
        let start = offset
        while offset < bytes.count, bytes[offset].isFieldByte { offset += 1 }
        guard offset + 1 < bytes.count else {
            return offset < bytes.count && bytes[offset] != 0x0D ? .refused(.malformed) : .incomplete
        }
        guard bytes[offset] == 0x0D, bytes[offset + 1] == 0x0A else { return .refused(.malformed) }
        self.reason = Slice(from: start, to: offset)
        return .complete(end: offset + 2)
    }

    private mutating func parseFields(_ bytes: Span<UInt8>, from start: Int, limits: HeadLimits) -> HeadParse {
        var reader = FieldLineReader(at: start, refusesUnderscore: false)
        var control = MessageControl()
        self.isEventStream = false
        self.hasDate = false
        while true {
            switch reader.next(in: bytes) {
            case .line(let line):
                guard self.fields.count < limits.fields else { return .refused(.headTooLarge) }
                guard control.take(line, in: bytes) else { return .refused(.malformed) }
                self.note(line, in: bytes)
                self.fields.append(line)
            case .end(let end):
                return self.conclude(bytes, control) ? .complete(end: end) : .refused(.malformed)
            case .incomplete: return .incomplete
            case .refused: return .refused(.malformed)
            }
        }
    }

    private mutating func note(_ line: FieldLine, in bytes: Span<UInt8>) {
        if line.known == .date {
            self.hasDate = true
        } else if line.known == .contentType {
            self.isEventStream = bytes.extracting(line.value.range).hasPrefix("text/event-stream")
        }
    }

    private mutating func conclude(_ bytes: Span<UInt8>, _ control: MessageControl) -> Bool {
        self.persists = control.persists(self.version)
        self.namesWebSocket = control.namesWebSocket
        if control.isChunked {
            guard self.version == .http11 else { return false }
            self.declared = .chunked
        } else if let length = control.contentLength {
            self.declared = .length(length)
        } else {
            self.declared = .untilClose
        }
        if control.namesFields { self.fields.dropNamedByConnection(in: bytes) }
        return true
    }
}
