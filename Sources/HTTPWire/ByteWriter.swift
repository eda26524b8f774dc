/// Appends bytes to memory that somebody else owns. Writing past the end writes nothing and is remembered, so that one
/// check at the end is enough.
package struct ByteWriter {
    package let base: UnsafeMutablePointer<UInt8>
    package let capacity: Int
    package private(set) var count = 0
    package private(set) var isOverrun = false

    package init(_ base: UnsafeMutablePointer<UInt8>, capacity: Int) {
        self.base = base
        self.capacity = capacity
    }

    package var remaining: Int { self.capacity - self.count }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        guard self.reserve(1) else { return }
        self.base[self.count] = byte
        self.count += 1
    }

    @inline(__always)
    package mutating func append(_ literal: StaticString) {
        self.append(literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    @inline(__always)
    package mutating func append(_ source: UnsafePointer<UInt8>, count: Int) {
        guard self.reserve(count) else { return }
        (self.base + self.count).update(from: source, count: count)
        self.count += count
    }

    @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            self.append(start, count: buffer.count)
        }
    }

    package mutating func append(decimal value: UInt64) {
        guard value >= 10 else { return self.append(0x30 + UInt8(value)) }
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        guard self.reserve(digits) else { return }
        rest = value
        for index in stride(from: self.count + digits - 1, through: self.count, by: -1) {
            self.base[index] = 0x30 + UInt8(rest % 10)
            rest /= 10
        }
        self.count += digits
    }

    /// Lower-case hexadecimal; at least `digits` of them.
    package mutating func append(hex value: UInt64, digits: Int = 1) {
        var width = 16
        while width > digits, value &>> UInt64((width - 1) * 4) == 0 { width -= 1 }
        guard self.reserve(width) else { return }
        self.writeHex(value, width)
    }

    /// The text form of a UUID (RFC 9562 section 4): 36 bytes. Two are written for every request.
    package mutating func append(uuidHigh high: UInt64, low: UInt64) {
        guard self.reserve(36) else { return }
        self.writeHex(high &>> 32, 8)
        self.writeDash()
        self.writeHex(high &>> 16, 4)
        self.writeDash()
        self.writeHex(high, 4)
        self.writeDash()
        self.writeHex(low &>> 48, 4)
        self.writeDash()
        self.writeHex(low, 12)
    }

    /// The lowest `digits` digits of the value, into room that was reserved.
    @inline(__always)
    private mutating func writeHex(_ value: UInt64, _ digits: Int) {
        var rest = value
        for index in stride(from: self.count + digits - 1, through: self.count, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest) & 0xF
            self.base[index] = digit &+ (digit < 10 ? 0x30 : 0x57)
            rest &>>= 4
        }
        self.count += digits
    }

    @inline(__always)
    private mutating func writeDash() {
        self.base[self.count] = 0x2D
        self.count += 1
    }

    @inline(__always)
    private mutating func reserve(_ count: Int) -> Bool {
        if count <= self.capacity - self.count { return true }
        self.isOverrun = true
        return false
    }
}
