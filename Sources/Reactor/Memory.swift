/// Cells of one size from chunks that are never given back: allocation is a pop, and an address stays valid for ever.
package struct Slab: ~Copyable {
    private let size: Int
    private let alignment: Int
    private let cellsPerChunk: Int
    private var chunks: [UnsafeMutableRawPointer] = []
    private var free: UnsafeMutableRawPointer?

    package init(size: Int, alignment: Int, cellsPerChunk: Int = 64) {
        self.alignment = max(alignment, 16)
        self.size = (max(size, 16) + self.alignment - 1) / self.alignment * self.alignment
        self.cellsPerChunk = cellsPerChunk
    }

    deinit {
        for chunk in self.chunks { chunk.deallocate() }
    }

    /// Memory for one cell, not initialised.
    package mutating func allocate() -> UnsafeMutableRawPointer {
        guard let cell = self.free else { return self.grow() }
        self.free = cell.load(as: UnsafeMutableRawPointer?.self)
        return cell
    }

    package mutating func deallocate(_ cell: UnsafeMutableRawPointer) {
        cell.storeBytes(of: self.free, as: UnsafeMutableRawPointer?.self)
        self.free = cell
    }

    @inline(never)
    private mutating func grow() -> UnsafeMutableRawPointer {
        let chunk = UnsafeMutableRawPointer.allocate(
            byteCount: self.size * self.cellsPerChunk, alignment: self.alignment)
        self.chunks.append(chunk)
        for index in 1..<self.cellsPerChunk { self.deallocate(chunk + index * self.size) }
        return chunk
    }
}

/// A piece of memory borrowed from a `BufferPool`, with the bytes in it that still matter: `start ..< end`.
package struct Buffer {
    package let base: UnsafeMutablePointer<UInt8>
    package let capacity: Int
    package var start = 0
    package var end = 0

    package var count: Int { self.end - self.start }
    package var isEmpty: Bool { self.start == self.end }
    package var first: UnsafeMutablePointer<UInt8> { self.base + self.start }

    /// Moves what is left to the front, so that all free room is behind it.
    package mutating func compact() {
        guard self.start > 0 else { return }
        self.base.update(from: self.base + self.start, count: self.count)
        self.end -= self.start
        self.start = 0
    }
}

/// Buffers of two sizes, lent between the first and the last byte of something and kept for the next.
///
/// Small ones hold a usual head or the rest of one; large ones a whole read. What is kept is bounded; the rest goes back
/// to the system.
package struct BufferPool: ~Copyable {
    package static let smallSize = 4096
    package static let largeSize = 80 * 1024
    private static let kept = (small: 1024, large: 128)

    private var small: [UnsafeMutablePointer<UInt8>] = []
    private var large: [UnsafeMutablePointer<UInt8>] = []

    package init() {
        self.small.reserveCapacity(Self.kept.small)
        self.large.reserveCapacity(Self.kept.large)
    }

    deinit {
        for base in self.small { base.deallocate() }
        for base in self.large { base.deallocate() }
    }

    /// The smallest buffer for `count` bytes. One beyond `largeSize`, which only the rewriting of a full large one asks
    /// for, is made for the purpose and not kept.
    package mutating func borrow(_ count: Int) -> Buffer {
        if count <= Self.smallSize {
            return Buffer(base: self.small.popLast() ?? .allocate(capacity: Self.smallSize), capacity: Self.smallSize)
        }
        guard count <= Self.largeSize else { return Buffer(base: .allocate(capacity: count), capacity: count) }
        return Buffer(base: self.large.popLast() ?? .allocate(capacity: Self.largeSize), capacity: Self.largeSize)
    }

    package mutating func giveBack(_ buffer: consuming Buffer) {
        if buffer.capacity == Self.smallSize, self.small.count < Self.kept.small {
            self.small.append(buffer.base)
        } else if buffer.capacity == Self.largeSize, self.large.count < Self.kept.large {
            self.large.append(buffer.base)
        } else {
            buffer.base.deallocate()
        }
    }
}
