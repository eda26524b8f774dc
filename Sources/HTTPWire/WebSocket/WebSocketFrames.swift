/// Follows one direction of a WebSocket (RFC 6455 section 5.2) from frame to frame, without looking at what is in them:
/// whoever wants to say something in between has to know where one ends.
///
/// Any bytes are followed; whether they mean anything is for the ends to judge.
package struct WebSocketFrames: Sendable {
    /// The present frame's first byte, which says what it is.
    private var first: UInt8 = 0
    /// Bytes of the head that have come, 0 behind the head; and how many it has, as far as that is known.
    private var headCount = 0
    private var headLength = 2
    /// Bytes behind the second in which the length is written.
    private var lengthBytes = 0
    private var length: UInt64 = 0
    /// Bytes still to come behind the head.
    private var payload: UInt64 = 0
    /// A close frame has ended; nothing may be said after it.
    package private(set) var hasClosed = false

    package init() {}

    /// The next byte begins a frame.
    package var isBetweenFrames: Bool { self.headCount == 0 && self.payload == 0 }

    /// Goes on from `offset` to the end of the present frame, or of the bytes.
    ///
    /// - Returns: the offset behind what was gone over; `offset` itself only when no bytes are left.
    package mutating func advance(_ bytes: Span<UInt8>, from offset: Int) -> Int {
        var offset = offset
        while offset < bytes.count, self.payload == 0 {
            self.takeHead(bytes[offset])
            offset += 1
            if self.headCount == self.headLength, self.endHead() { return offset }
        }
        guard offset < bytes.count else { return offset }
        let rest = bytes.count - offset
        let passed = self.payload < UInt64(rest) ? Int(self.payload) : rest
        self.payload -= UInt64(passed)
        if self.payload == 0 { self.endFrame() }
        return offset + passed
    }

    private mutating func takeHead(_ byte: UInt8) {
        self.headCount += 1
        switch self.headCount {
        case 1:
            self.first = byte
            self.headLength = 2
            self.length = 0
        case 2:
            let short = byte & 0x7F
            let mask = byte & 0x80 == 0 ? 0 : 4
            let extended = short == 126 ? 2 : short == 127 ? 8 : 0
            self.headLength = 2 + extended + mask
            self.lengthBytes = extended
            if extended == 0 { self.length = UInt64(short) }
        case 3..<(3 + self.lengthBytes): self.length = self.length &<< 8 | UInt64(byte)
        default: break
        }
    }

    /// The head is whole. `true`: the frame too, because nothing follows.
    private mutating func endHead() -> Bool {
        self.headCount = 0
        self.payload = self.length
        if self.payload == 0 { self.endFrame() }
        return self.payload == 0
    }

    private mutating func endFrame() {
        if self.first & 0x0F == 0x8 { self.hasClosed = true }
    }
}
