import HTTPWire

/// 128 random bits that name one request in answers, logs and upstream: written as a UUID of version 4 (RFC 9562).
struct RequestID: Equatable {
    var high: UInt64
    var low: UInt64

    static let none = RequestID(high: 0, low: 0)
    /// Bytes of the text form.
    static let textCount = 36

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(random: inout Random) {
        self.high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        self.low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }
}

extension ByteWriter {
    mutating func append(_ id: RequestID) {
        self.append(uuidHigh: id.high, low: id.low)
    }
}
