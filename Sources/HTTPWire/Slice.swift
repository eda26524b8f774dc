/// A run of bytes inside a head, as offsets, so that a parsed head holds no pointer and no string.
package struct Slice: Hashable, Sendable {
    package var start: UInt32
    package var count: UInt32

    package static let empty = Slice(start: 0, count: 0)

    package init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    /// The bytes from `start` up to and without `end`; empty when they are the wrong way round.
    package init(from start: Int, to end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = end > start ? UInt32(truncatingIfNeeded: end - start) : 0
    }

    package var isEmpty: Bool { self.count == 0 }
    package var range: Range<Int> { Int(self.start)..<(Int(self.start) + Int(self.count)) }
}
