import CHyperscan

/// What one scan at a time works with, and what scans before have found out.
final class FilterRoom {
    /// Hyperscan's.
    let scratch: UnsafeMutableRawPointer
    /// The words of a scan.
    let words: UnsafeMutableBufferPointer<UInt64>
    var clean = CleanValues()
    /// The value that is being looked at matches some part of a rule.
    var isTouched = false

    /// - Parameter words: of a set of parts.
    init?(_ database: PatternDatabase?, words: Int) {
        var scratch: UnsafeMutableRawPointer?
        guard database?.makeRoom(&scratch) == true, let scratch else { return nil }
        self.scratch = scratch
        self.words = .allocate(capacity: 3 * words)
        self.words.initialize(repeating: 0)
    }

    deinit {
        chyperscan_free_room(self.scratch)
        self.words.deallocate()
    }
}

/// Values of which it is known that no part of any rule matches them in their places: browsers send the same fields again and again.
///
/// Each has one place by its hash, and the last one stays. What is kept is the value itself, so that no other passes for it.
struct CleanValues: ~Copyable {
    private static let count = 1024
    private static let room = 240

    private struct Head {
        var hash: UInt64 = 0
        var places: UInt32 = 0
        var name: UInt16 = 0
        var value: UInt16 = 0
    }

    private let heads = UnsafeMutablePointer<Head>.allocate(capacity: CleanValues.count)
    private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: CleanValues.count * CleanValues.room)

    init() { self.heads.initialize(repeating: Head(), count: Self.count) }

    deinit {
        self.heads.deallocate()
        self.bytes.deallocate()
    }

    /// What a value is found by; `nil`: it is too long to be kept.
    func hash(_ value: UnsafeRawBufferPointer, _ places: FilterPlace, _ name: UnsafeRawBufferPointer?) -> UInt64? {
        guard value.count &+ (name?.count ?? 0) <= Self.room else { return nil }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(places.rawValue)
        for byte in name ?? UnsafeRawBufferPointer(start: nil, count: 0) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        hash = (hash ^ 0x1FF) &* 0x100_0000_01B3
        for byte in value { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return max(1, hash ^ hash >> 29)
    }

    func contains(
        _ hash: UInt64, _ value: UnsafeRawBufferPointer, _ places: FilterPlace, _ name: UnsafeRawBufferPointer?
    ) -> Bool {
        let slot = Int(truncatingIfNeeded: hash) & (Self.count - 1)
        let head = self.heads[slot]
        guard head.hash == hash, head.places == places.rawValue, Int(head.value) == value.count,
            Int(head.name) == name?.count ?? 0
        else { return false }
        let kept = UnsafeRawBufferPointer(start: self.bytes + slot * Self.room, count: Int(head.name) + value.count)
        return kept.prefix(Int(head.name)).elementsEqual(name ?? UnsafeRawBufferPointer(start: nil, count: 0))
            && kept.dropFirst(Int(head.name)).elementsEqual(value)
    }

    mutating func insert(
        _ hash: UInt64, _ value: UnsafeRawBufferPointer, _ places: FilterPlace, _ name: UnsafeRawBufferPointer?
    ) {
        let nameCount = name?.count ?? 0
        guard value.count + nameCount <= Self.room else { return }
        let slot = Int(truncatingIfNeeded: hash) & (Self.count - 1)
        let place = UnsafeMutableRawBufferPointer(start: self.bytes + slot * Self.room, count: Self.room)
        if let name { UnsafeMutableRawBufferPointer(rebasing: place[..<nameCount]).copyBytes(from: name) }
        UnsafeMutableRawBufferPointer(rebasing: place[nameCount...]).copyBytes(from: value)
        self.heads[slot] = Head(
            hash: hash, places: places.rawValue, name: UInt16(nameCount), value: UInt16(value.count))
    }
}
