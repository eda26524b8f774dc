extension RequestHead {
    /// Parses the head at the start of `bytes` (RFC 9112 sections 2 to 6), strictly.
    ///
    /// The verdict for a message does not depend on how it was cut into reads. After `.refused` and `.incomplete` the
    /// properties mean nothing.
    package mutating func parse(_ bytes: Span<UInt8>, limits: HeadLimits) -> HeadParse {
        self.fields.removeAll()
        let result = self.parseLines(bytes, limits: limits)
        switch result {
        case .complete(let end): return end > limits.bytes ? .refused(.headTooLarge) : result
        case .incomplete: return bytes.count >= limits.bytes ? .refused(.headTooLarge) : result
        case .refused: return result
        }
    }

    private mutating func parseLines(_ bytes: Span<UInt8>, limits: HeadLimits) -> HeadParse {
        var position = 0
        // RFC 9112 section 2.2: empty lines before a request line are to be ignored; two are patience enough.
        while position < 4, position < bytes.count, bytes[position] == 0x0D {
            guard position + 1 < bytes.count else { return .incomplete }
            guard bytes[position + 1] == 0x0A else { return .refused(.malformed) }
            position += 2
        }
        switch self.parseRequestLine(bytes, from: position, limits: limits) {
        case .complete(let end): return self.parseFields(bytes, from: end, limits: limits)
        case .incomplete: return .incomplete
        case .refused(let fault): return .refused(fault)
        }
    }

    private mutating func parseRequestLine(_ bytes: Span<UInt8>, from start: Int, limits: HeadLimits) -> HeadParse {
        var offset = start
        while offset < bytes.count, bytes[offset].isToken { offset += 1 }
        guard offset < bytes.count else { return offset - start > 32 ? .refused(.malformed) : .incomplete }
        guard bytes[offset] == 0x20, offset > start, offset - start <= 32 else { return .refused(.malformed) }
        self.methodBytes = Slice(from: start, to: offset)
        self.method = Method(bytes.extracting(start..<offset))

        let targetStart = offset + 1
        offset = targetStart
        while offset < bytes.count, bytes[offset].isTargetByte { offset += 1 }
        guard offset - targetStart <= limits.targetBytes else { return .refused(.targetTooLong) }
        guard offset < bytes.count else { return .incomplete }
        guard bytes[offset] == 0x20, offset > targetStart else { return .refused(.malformed) }
        let target = targetStart..<offset

        switch self.parseVersion(bytes, from: offset + 1) {
        case .complete(let end): return self.parseTarget(bytes, target) ? .complete(end: end) : .refused(.malformed)
        case .incomplete: return .incomplete
        case .refused(let fault): return .refused(fault)
        }
    }

    /// `HTTP/1.1` CRLF. A version that is well formed but not ours is told apart from garbage.
    private mutating func parseVersion(_ bytes: Span<UInt8>, from start: Int) -> HeadParse {
        let expected: StaticString = "HTTP/1."
        for index in 0..<7 {
            guard start + index < bytes.count else { return .incomplete }
            if bytes[start + index] != expected.utf8Start[index] {
                return .refused(index == 5 && bytes[start + index].isDigit ? .unsupportedVersion : .malformed)
            }
        }
        guard start + 9 < bytes.count else {
            return start + 8 < bytes.count && bytes[start + 8] != 0x0D ? .refused(.malformed) : .incomplete
        }
        guard bytes[start + 8] == 0x0D, bytes[start + 9] == 0x0A else { return .refused(.malformed) }
        switch bytes[start + 7] {
        case 0x31: self.version = .http11
        case 0x30: self.version = .http10
        default: return .refused(bytes[start + 7].isDigit ? .unsupportedVersion : .malformed)
        }
        return .complete(end: start + 10)
    }

    private mutating func parseFields(_ bytes: Span<UInt8>, from start: Int, limits: HeadLimits) -> HeadParse {
        var reader = FieldLineReader(at: start, refusesUnderscore: true)
        var control = MessageControl()
        var hostLine: FieldLine?
        self.expectsContinue = false
        while true {
            switch reader.next(in: bytes) {
            case .line(let line):
                guard self.fields.count < limits.fields else { return .refused(.headTooLarge) }
                guard control.take(line, in: bytes) else { return .refused(.malformed) }
                if line.known == .host {
                    guard hostLine == nil else { return .refused(.malformed) }
                    hostLine = line
                } else if line.known == .expect {
                    self.expectsContinue = bytes.extracting(line.value.range).equals("100-continue")
                    guard self.expectsContinue else { return .refused(.malformed) }
                }
                self.fields.append(line)
            case .end(let end):
                return self.conclude(bytes, control, hostLine: hostLine) ? .complete(end: end) : .refused(.malformed)
            case .incomplete: return .incomplete
            case .refused: return .refused(.malformed)
            }
        }
    }

    /// What only the whole head tells: framing, persistence, and whom the request is for.
    private mutating func conclude(_ bytes: Span<UInt8>, _ control: MessageControl, hostLine: FieldLine?) -> Bool {
        if control.isChunked {
            guard self.version == .http11 else { return false }
            self.framing = .chunked
        } else {
            self.framing = control.contentLength.map { .length($0) } ?? .none
        }
        self.persists = control.persists(self.version)
        self.asksForWebSocket =
            control.upgrades && control.namesWebSocket && self.method == .get && self.version == .http11
            && (self.framing == .none || self.framing == .length(0))
        if control.namesFields { self.fields.dropNamedByConnection(in: bytes) }
        return self.concludeAuthority(bytes, hostLine: hostLine)
    }

    /// Exactly one `Host` in HTTP/1.1, valid even where an absolute target overrides it (RFC 9112 section 3.2).
    private mutating func concludeAuthority(_ bytes: Span<UInt8>, hostLine: FieldLine?) -> Bool {
        guard let hostLine else { return self.version == .http10 && self.concludeHost(bytes) }
        guard let host = Authority(bytes.extracting(hostLine.value.range)) else { return false }
        guard self.authority.isEmpty else { return self.concludeHost(bytes) }
        self.authority = hostLine.value
        self.host = Slice(start: hostLine.value.start, count: UInt32(truncatingIfNeeded: host.hostCount))
        return true
    }

    private mutating func concludeHost(_ bytes: Span<UInt8>) -> Bool {
        guard !self.authority.isEmpty else {
            self.host = .empty
            return true
        }
        guard let parsed = Authority(bytes.extracting(self.authority.range)) else { return false }
        self.host = Slice(start: self.authority.start, count: UInt32(truncatingIfNeeded: parsed.hostCount))
        return true
    }
}
