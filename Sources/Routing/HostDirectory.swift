/// What stands for a host, found by its bytes: open addressing, linear probing, at most half full.
///
/// Owns the slots only; keys and values belong to others and must outlive their entry.
// Justified: changed where it is made and by commits alone, when nobody looks anything up (see `RouteTable`).
final class HostDirectory<Value>: @unchecked Sendable {
    private(set) var view: DirectoryView<Value>
    private(set) var count = 0

    init(capacity: Int) {
        var size = 4
        while size < capacity &* 2 { size &*= 2 }
        self.view = DirectoryView(size: size)
    }

    deinit { self.view.slots.deallocate() }

    /// Whether so many entries fit without another directory.
    func holds(_ count: Int) -> Bool { count &* 2 <= self.view.mask &+ 1 }

    /// A directory with the same entries and room for more.
    func copy(capacity: Int) -> HostDirectory {
        let copy = HostDirectory(capacity: max(capacity, self.count))
        for index in 0...self.view.mask where self.view.slots[index].value != nil {
            copy.insert(self.view.slots[index])
        }
        return copy
    }

    /// Puts a value in, in place of the one with its key; the caller saw to it that it fits.
    func insert(_ slot: DirectorySlot<Value>) {
        let index = self.view.index(slot.hash, slot.key)
        if self.view.slots[index].value == nil { self.count += 1 }
        self.view.slots[index] = slot
        self.view.deepest = max(self.view.deepest, slot.key.labelCount)
    }

    /// Takes a value out and closes the gap, so that no tombstones pile up.
    func remove(hash: UInt64, key: UnsafeRawBufferPointer) {
        var gap = self.view.index(hash, key)
        guard self.view.slots[gap].value != nil else { return }
        self.count -= 1
        let mask = self.view.mask
        var next = (gap &+ 1) & mask
        while self.view.slots[next].value != nil {
            let home = Int(truncatingIfNeeded: self.view.slots[next].hash) & mask
            if (next &- home) & mask >= (next &- gap) & mask {
                self.view.slots[gap] = self.view.slots[next]
                gap = next
            }
            next = (next &+ 1) & mask
        }
        self.view.slots[gap] = .empty
    }
}

/// One entry; without a value it is free.
struct DirectorySlot<Value> {
    var hash: UInt64
    var key: UnsafeRawBufferPointer
    var value: UnsafePointer<Value>?

    static var empty: DirectorySlot {
        DirectorySlot(hash: 0, key: UnsafeRawBufferPointer(start: nil, count: 0), value: nil)
    }
}

/// The slots of a directory without their owner: reading them counts no references. Benchmark: `scripts/bench routes`.
struct DirectoryView<Value> {
    fileprivate(set) var slots: UnsafeMutablePointer<DirectorySlot<Value>>
    fileprivate(set) var mask: Int
    /// No key has, or had, more labels.
    fileprivate(set) var deepest = 0

    fileprivate init(size: Int) {
        self.slots = .allocate(capacity: size)
        self.slots.initialize(repeating: .empty, count: size)
        self.mask = size &- 1
    }

    @inline(__always)
    func value(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> UnsafePointer<Value>? {
        self.slots[self.index(hash, key)].value
    }

    /// Where the key is, or the free slot where it would be.
    @inline(__always)
    fileprivate func index(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> Int {
        var index = Int(truncatingIfNeeded: hash) & self.mask
        while self.slots[index].value != nil, !self.slots[index].has(hash, key) { index = (index &+ 1) & self.mask }
        return index
    }
}

extension DirectorySlot {
    @inline(__always)
    fileprivate func has(_ hash: UInt64, _ other: UnsafeRawBufferPointer) -> Bool {
        self.hash == hash && equalBytes(self.key, other)
    }
}

extension UnsafeRawBufferPointer {
    /// Labels of a host name.
    fileprivate var labelCount: Int {
        self.reduce(1) { $1 == UInt8(ascii: ".") ? $0 &+ 1 : $0 }
    }
}
