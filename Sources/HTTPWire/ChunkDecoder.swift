/// Finds the data in a chunked body (RFC 9112 section 7.1), strictly; extensions and trailers are checked and dropped.
///
/// ```
/// size ─▶ (extension) ─▶ LF ─▶ data ─▶ CR LF ─▶ size …      size 0 ─▶ trailer lines ─▶ end
/// ```
package struct ChunkDecoder: Sendable {
    package enum Step: Hashable, Sendable {
        /// These bytes of the input are body; go on from their end.
        case data(Range<Int>)
        /// The input is used up.
        case needMore
        /// The body ended; the next message starts here.
        case end(Int)
        /// Not a chunked body; the message must not be finished.
        case invalid
    }

    private enum State: Sendable {
        case sizeFirst, size, extensionStart, sizeExtension, sizeLineFeed
        case data, dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
        case ended
    }

    /// Bytes of one size line with its extension, and of all trailers together.
    private static let lineLimit = 1024
    private static let trailerLimit = 8192

    private var state = State.sizeFirst
    private var remaining: UInt64 = 0
    private var overhead = 0

    package init() {}

    /// Moves on from `offset` to the next run of data, the end, or the end of the input.
    package mutating func next(_ bytes: Span<UInt8>, from offset: Int) -> Step {
        var offset = offset
        while offset < bytes.count {
            if self.state == .data {
                let available = bytes.count - offset
                let count = self.remaining < UInt64(available) ? Int(self.remaining) : available
                self.remaining -= UInt64(count)
                if self.remaining == 0 { self.state = .dataReturn }
                return .data(offset..<(offset + count))
            }
            guard self.advance(bytes[offset]) else { return .invalid }
            offset += 1
            if self.state == .ended { return .end(offset) }
        }
        return .needMore
    }

    private mutating func advance(_ byte: UInt8) -> Bool {
        switch self.state {
        case .sizeFirst, .size, .extensionStart, .sizeExtension, .sizeLineFeed: self.advanceSize(byte)
        case .dataReturn: self.expect(0x0D, byte, then: .dataLineFeed)
        case .dataLineFeed: self.expect(0x0A, byte, then: .sizeFirst)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed: self.advanceTrailer(byte)
        case .data, .ended: false
        }
    }

    private mutating func advanceSize(_ byte: UInt8) -> Bool {
        self.overhead += 1
        guard self.overhead <= Self.lineLimit else { return false }
        switch self.state {
        case .sizeFirst:
            guard let digit = byte.hexValue else { return false }
            self.overhead = 1
            self.remaining = UInt64(digit)
            self.state = .size
        case .size:
            if let digit = byte.hexValue {
                guard self.remaining < 1 << 56 else { return false }
                self.remaining = self.remaining << 4 | UInt64(digit)
            } else if byte == 0x3B {
                self.state = .extensionStart
            } else {
                return self.expect(0x0D, byte, then: .sizeLineFeed)
            }
        case .extensionStart:
            // An extension has a name: the line does not end after its semicolon.
            return byte.isFieldByte && self.move(to: byte == 0x3B ? .extensionStart : .sizeExtension)
        case .sizeExtension:
            if byte == 0x3B { self.state = .extensionStart }
            if byte == 0x0D { self.state = .sizeLineFeed } else { return byte.isFieldByte }
        default:
            self.overhead = 0
            return self.expect(0x0A, byte, then: self.remaining == 0 ? .trailerStart : .data)
        }
        return true
    }

    private mutating func advanceTrailer(_ byte: UInt8) -> Bool {
        self.overhead += 1
        guard self.overhead <= Self.trailerLimit else { return false }
        switch self.state {
        case .trailerStart:
            if byte == 0x0D { self.state = .lastLineFeed } else { return byte.isToken && self.move(to: .trailerName) }
        case .trailerName:
            if byte == 0x3A { self.state = .trailerValue } else { return byte.isToken }
        case .trailerValue:
            if byte == 0x0D { self.state = .trailerLineFeed } else { return byte.isFieldByte }
        case .trailerLineFeed:
            return self.expect(0x0A, byte, then: .trailerStart)
        default:
            return self.expect(0x0A, byte, then: .ended)
        }
        return true
    }

    private mutating func expect(_ expected: UInt8, _ byte: UInt8, then next: State) -> Bool {
        byte == expected && self.move(to: next)
    }

    private mutating func move(to next: State) -> Bool {
        self.state = next
        return true
    }
}
