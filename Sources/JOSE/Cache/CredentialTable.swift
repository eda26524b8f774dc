/// What a `CredentialCache` is but for the type of its values: chains of slots, and a hand that goes round them.
///
/// A slot that was found since the hand came by is passed over once (second chance), so that what is asked for stays.
struct CredentialTable: ~Copyable {
    private struct Slot {
        var hash: UInt64 = 0
        var scope: UInt64 = 0
        /// A copy of the bytes; `nil` in a slot that holds nothing.
        var bytes: UnsafeMutableRawBufferPointer?
        var value: Unmanaged<AnyObject>?
        /// The next slot of the chain, or of the list of free ones; `none` at its end.
        var next = CredentialTable.none
        var wasFound = false
    }

    private static let none = Int32(-1)
    /// How many slots the hand passes over for one insertion.
    private static let patience = 64

    private let slots: UnsafeMutableBufferPointer<Slot>
    private let chains: UnsafeMutableBufferPointer<Int32>
    private let hash: CredentialHash
    private let byteLimit: Int
    private var free = CredentialTable.none
    private var hand = 0
    private(set) var count = 0
    private(set) var byteCount = 0

    init(entries: Int, bytes: Int, key: (UInt64, UInt64)) {
        let entries = min(max(entries, 1), 1 << 24)
        let chains = 1 << (Int.bitWidth - (entries - 1).leadingZeroBitCount)
        self.slots = .allocate(capacity: entries)
        self.slots.initialize(repeating: Slot())
        self.chains = .allocate(capacity: chains)
        self.hash = CredentialHash(key: key)
        self.byteLimit = max(bytes, 0)
        self.chains.initialize(repeating: Self.none)
        self.chainFreeSlots()
    }

    deinit {
        for slot in self.slots { Self.release(slot) }
        self.slots.deallocate()
        self.chains.deallocate()
    }

    private static func release(_ slot: Slot) {
        slot.bytes?.deallocate()
        slot.value?.release()
    }

    private mutating func chainFreeSlots() {
        for index in self.slots.indices {
            self.slots[index].next = index &+ 1 < self.slots.count ? Int32(truncatingIfNeeded: index &+ 1) : Self.none
        }
        self.free = 0
    }
}

extension CredentialTable {
    /// The value kept for these very bytes in this scope.
    func find(_ bytes: UnsafeRawBufferPointer, scope: UInt64) -> Unmanaged<AnyObject>? {
        let index = Int(self.index(of: bytes, scope, self.hash(bytes, scope: scope)))
        guard index >= 0 else { return nil }
        self.slots[index].wasFound = true
        return self.slots[index].value
    }

    /// Keeps a value, in place of one that was there. What is longer than all that may be kept is not.
    mutating func insert(_ bytes: UnsafeRawBufferPointer, scope: UInt64, _ value: AnyObject) {
        self.remove(bytes, scope: scope)
        guard bytes.count <= self.byteLimit else { return }
        self.makeRoom(for: bytes.count)
        let index = Int(self.free)
        guard index >= 0 else { return }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        copy.copyMemory(from: bytes)
        let hash = self.hash(bytes, scope: scope)
        let chain = self.chain(hash)
        self.free = self.slots[index].next
        self.slots[index] = Slot(
            hash: hash, scope: scope, bytes: copy, value: .passRetained(value), next: self.chains[chain],
            wasFound: false)
        self.chains[chain] = Int32(truncatingIfNeeded: index)
        self.count &+= 1
        self.byteCount &+= bytes.count
    }

    mutating func remove(_ bytes: UnsafeRawBufferPointer, scope: UInt64) {
        let index = Int(self.index(of: bytes, scope, self.hash(bytes, scope: scope)))
        if index >= 0 { self.remove(index) }
    }

    mutating func removeAll() {
        for index in self.slots.indices where self.slots[index].bytes != nil { self.remove(index) }
    }
}

extension CredentialTable {
    @inline(__always)
    private func chain(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (self.chains.count &- 1) }

    private func index(of bytes: UnsafeRawBufferPointer, _ scope: UInt64, _ hash: UInt64) -> Int32 {
        var index = self.chains[self.chain(hash)]
        while index >= 0 {
            let slot = self.slots.baseAddress.map { $0 + Int(index) }
            guard let slot else { return Self.none }
            if slot.pointee.hash == hash, slot.pointee.scope == scope, let own = slot.pointee.bytes,
                equalBytes(UnsafeRawBufferPointer(own), bytes)
            {
                return index
            }
            index = slot.pointee.next
        }
        return Self.none
    }

    /// Takes a slot out of its chain and gives back what it held.
    private mutating func remove(_ index: Int) {
        let slot = self.slots[index]
        let chain = self.chain(slot.hash)
        var before = Int(self.chains[chain])
        if before == index {
            self.chains[chain] = slot.next
        } else {
            while before >= 0, Int(self.slots[before].next) != index { before = Int(self.slots[before].next) }
            if before >= 0 { self.slots[before].next = slot.next }
        }
        self.slots[index] = Slot(next: self.free)
        self.free = Int32(truncatingIfNeeded: index)
        self.count &-= 1
        self.byteCount &-= slot.bytes?.count ?? 0
        Self.release(slot)
    }

    /// Evicts until a slot is free and so many bytes fit.
    private mutating func makeRoom(for bytes: Int) {
        var patience = Self.patience
        while self.count > 0, self.free < 0 || self.byteCount > self.byteLimit &- bytes {
            let index = self.hand
            self.hand = index &+ 1 < self.slots.count ? index &+ 1 : 0
            guard self.slots[index].bytes != nil else { continue }
            if self.slots[index].wasFound, patience > 0 {
                self.slots[index].wasFound = false
                patience &-= 1
            } else {
                self.remove(index)
            }
        }
    }
}
