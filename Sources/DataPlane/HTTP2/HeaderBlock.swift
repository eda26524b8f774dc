import HTTPWire
import Reactor

/// The fields of one request on HTTP/2 while they come, kept as text: pseudo-header fields apart, the others as the lines
/// that HTTP/1.1 would have.
///
/// From there on a request of HTTP/2 is checked, routed, logged and forwarded by the very code that HTTP/1.1 has: there is
/// one set of rules, and no second form in which a request could be read differently. What HTTP/2 asks of field names and
/// pseudo-header fields (RFC 9113 sections 8.2 and 8.3) the library has checked before.
struct HeaderBlock {
    enum Kind { case none, request, trailers }

    private(set) var kind = Kind.none
    /// Pseudo-header values one behind the other, then field lines.
    fileprivate(set) var text: Buffer?
    /// Crumbs of `cookie`, joined by `; ` (RFC 9113 section 8.2.3).
    fileprivate(set) var cookies: Buffer?
    private(set) var method = Slice.empty
    private(set) var path = Slice.empty
    private(set) var authority = Slice.empty
    private(set) var scheme = Slice.empty
    private(set) var upgrade = Slice.empty
    private(set) var hasLength = false
    private(set) var linesStart = 0
    private(set) var count = 0
    private(set) var bytes = 0
    /// Over the listener's limits: the rest is counted and not kept.
    private(set) var isTooLarge = false
    private(set) var hasLongTarget = false
    /// `host` names another authority than `:authority` (RFC 9113 section 8.3.1).
    private(set) var isAmbiguous = false

    mutating func begin(_ kind: Kind) {
        self = HeaderBlock()
        self.kind = kind
    }

    /// What was borrowed, to be given back.
    mutating func end() -> (text: Buffer?, cookies: Buffer?) {
        defer { self = HeaderBlock() }
        return (self.text, self.cookies)
    }
}

extension Worker {
    /// How many times the limit a header block may have before the connection is given up.
    private static let patience = 4

    /// Takes one field. `false`: the client sends so much that its connection ends.
    func take(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, into block: inout HeaderBlock,
        limits: HeadLimits
    ) -> Bool {
        // A field counts as RFC 9113 section 6.5.2 counts it.
        block.note(bytes: name.count + value.count + 32, limits: limits)
        guard !block.isTooLarge else {
            if name.span.matches(":path"), value.count > limits.targetBytes { block.noteLongTarget() }
            return block.isBearable(limits, patience: Self.patience)
        }
        guard block.kind == .request, let first = name.first else { return true }
        if first == 0x3A {
            self.takePseudo(name, value, into: &block, limits: limits)
        } else if name.span.matches("cookie") {
            if block.cookies != nil { self.append("; ", to: &block.cookies) }
            self.append(value, to: &block.cookies)
        } else if name.span.matches("host"), !block.authority.isEmpty {
            block.compareHost(value.span)
        } else if name.span.matches("content-length"), value.span.matches("0") {
            // Written anew as what it turns out to be: bytes may follow that belie it.
            return true
        } else if !block.upgrade.isEmpty, name.span.matches("sec-websocket-key") {
            // Says nothing over HTTP/2 (RFC 8441 section 5); the upstream gets one of the gateway's.
            return true
        } else {
            block.noteField(name.span)
            self.append(name, to: &block.text)
            self.append(": ", to: &block.text)
            self.append(value, to: &block.text)
            self.append("\r\n", to: &block.text)
        }
        return true
    }

    private func takePseudo(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, into block: inout HeaderBlock,
        limits: HeadLimits
    ) {
        if name.span.matches(":path"), value.count > limits.targetBytes { block.noteLongTarget() }
        let start = block.text?.count ?? 0
        self.append(value, to: &block.text)
        block.notePseudo(name.span, Slice(from: start, to: start + value.count))
    }

    func append(_ bytes: UnsafeBufferPointer<UInt8>, to slot: inout Buffer?) {
        guard let base = bytes.baseAddress else { return }
        self.append(base, count: bytes.count, to: &slot)
    }

    func append(_ literal: StaticString, to slot: inout Buffer?) {
        self.append(literal.utf8Start, count: literal.utf8CodeUnitCount, to: &slot)
    }
}

extension HeaderBlock {
    fileprivate mutating func note(bytes: Int, limits: HeadLimits) {
        self.count += 1
        self.bytes += bytes
        if self.count > limits.fields + 5 || self.bytes > limits.bytes { self.isTooLarge = true }
    }

    fileprivate func isBearable(_ limits: HeadLimits, patience: Int) -> Bool {
        self.count <= limits.fields * patience && self.bytes <= limits.bytes * patience
    }

    fileprivate mutating func noteField(_ name: Span<UInt8>) {
        if name.matches("content-length") { self.hasLength = true }
    }

    fileprivate mutating func noteLongTarget() {
        self.isTooLarge = true
        self.hasLongTarget = true
    }

    fileprivate mutating func compareHost(_ host: Span<UInt8>) {
        guard let text = self.text else { return }
        let authority = UnsafeBufferPointer(
            start: text.first + Int(self.authority.start), count: Int(self.authority.count))
        if !authority.span.equalsIgnoringCase(host) { self.isAmbiguous = true }
    }

    fileprivate mutating func notePseudo(_ name: Span<UInt8>, _ value: Slice) {
        self.linesStart = Int(value.start) + Int(value.count)
        switch name.count {
        case 7 where name.matches(":method"): self.method = value
        case 5 where name.matches(":path"): self.path = value
        case 7 where name.matches(":scheme"): self.scheme = value
        case 10 where name.matches(":authority"): self.authority = value
        case 9 where name.matches(":protocol"): self.upgrade = value
        default: break
        }
    }

    /// An extended CONNECT (RFC 8441 section 4).
    var isUpgrade: Bool { !self.upgrade.isEmpty }

    var namesWebSocket: Bool {
        guard let text = self.text else { return false }
        return UnsafeBufferPointer(start: text.first + Int(self.upgrade.start), count: Int(self.upgrade.count)).span
            .equals("websocket")
    }

    /// Writes the request as HTTP/1.1 would have it (RFC 9113 section 8.3.1 names what corresponds to what).
    ///
    /// - Parameter endsStream: no body follows.
    func write(endsStream: Bool, into writer: inout ByteWriter) {
        guard let text = self.text else { return }
        let base = UnsafePointer(text.first)
        if self.isUpgrade {
            writer.append("GET ")
        } else {
            writer.append(base + Int(self.method.start), count: Int(self.method.count))
            writer.append(0x20)
        }
        // CONNECT has an authority in place of a path.
        let target = self.path.isEmpty ? self.authority : self.path
        writer.append(base + Int(target.start), count: Int(target.count))
        writer.append(" HTTP/1.1\r\n")
        if !self.authority.isEmpty {
            writer.append("host: ")
            writer.append(base + Int(self.authority.start), count: Int(self.authority.count))
            writer.append("\r\n")
        }
        writer.append(base + self.linesStart, count: text.count - self.linesStart)
        if let cookies = self.cookies {
            writer.append("cookie: ")
            writer.append(cookies.first, count: cookies.count)
            writer.append("\r\n")
        }
        if self.isUpgrade {
            writer.append("connection: upgrade\r\nupgrade: websocket\r\n")
        } else if !endsStream, !self.hasLength {
            writer.append("transfer-encoding: chunked\r\n")
        }
        writer.append("\r\n")
    }
}
