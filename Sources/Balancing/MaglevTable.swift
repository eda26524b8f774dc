/// Maglev's table: a key's place in it names the endpoint (Eisenbud et al., "Maglev", NSDI 2016, section 3.4).
///
/// Every endpoint fills places in an order of its own, as often as its weight says. One that comes or goes moves its own
/// share of the keys and few others. The size is the same for any number of endpoints, since another size would move all
/// keys. The order of endpoints given does not matter.
struct MaglevTable {
    static let size = 65_537

    struct Member: Equatable {
        let slot: Int32
        let weight: Int
        let key: UInt64
    }

    /// As given; those beyond 65,535 have no place.
    let members: [Member]
    private let places: [UInt16]

    init() {
        self.members = []
        self.places = []
    }

    init(_ members: [Member]) {
        self.members = members
        self.places = Self.fill(members)
    }

    var isEmpty: Bool { self.places.isEmpty }

    static func place(of hash: UInt64) -> Int { KeyHash.scale(KeyHash.mix(hash), Self.size) }

    /// - Parameter place: below `size`.
    func slot(at place: Int) -> Int? {
        guard self.places.indices.contains(place) else { return nil }
        let member = Int(self.places[place])
        return self.members.indices.contains(member) ? Int(self.members[member].slot) : nil
    }

    private static func fill(_ members: [Member]) -> [UInt16] {
        let order = members.indices.prefix(Int(UInt16.max)).filter { members[$0].weight > 0 }
            .sorted { (members[$0].key, members[$0].slot) < (members[$1].key, members[$1].slot) }
        guard !order.isEmpty else { return [] }
        var places = [UInt16](repeating: .max, count: Self.size)
        var next = order.map { Int(truncatingIfNeeded: KeyHash.mix(members[$0].key) % UInt64(Self.size)) }
        let skips = order.map { member in
            let mixed = KeyHash.mix(members[member].key ^ 0x9E37_79B9_7F4A_7C15)
            return Int(truncatingIfNeeded: mixed % UInt64(Self.size - 1)) + 1
        }
        var turns = TurnHeap(weights: order.map { members[$0].weight })
        for _ in 0..<Self.size {
            let turn = turns.next()
            var place = next[turn]
            while places[place] != .max { place = Self.step(place, skips[turn]) }
            places[place] = UInt16(order[turn])
            next[turn] = Self.step(place, skips[turn])
        }
        return places
    }

    private static func step(_ place: Int, _ skip: Int) -> Int {
        place &+ skip >= Self.size ? place &+ skip &- Self.size : place &+ skip
    }
}

/// Who is next when each has turns as often as its weight says: a heap of the times of the next turns.
private struct TurnHeap {
    private struct Turn {
        var time: UInt64
        let index: Int
    }

    private let periods: [UInt64]
    private var heap: [Turn]

    /// - Parameter weights: 1 to 1,000,000; not empty.
    init(weights: [Int]) {
        let largest = UInt64(weights.max() ?? 1)
        self.periods = weights.map { (largest << 20) / UInt64(max(1, $0)) }
        self.heap = zip(self.periods, weights.indices).map { Turn(time: $0, index: $1) }
        self.heap.sort(by: Self.isBefore)
    }

    mutating func next() -> Int {
        let index = self.heap[0].index
        self.heap[0].time &+= self.periods[index]
        var parent = 0
        while true {
            var first = parent
            for child in 2 &* parent &+ 1...2 &* parent &+ 2
            where child < self.heap.count && Self.isBefore(self.heap[child], self.heap[first]) { first = child }
            guard first != parent else { return index }
            self.heap.swapAt(first, parent)
            parent = first
        }
    }

    private static func isBefore(_ left: Turn, _ right: Turn) -> Bool {
        (left.time, left.index) < (right.time, right.index)
    }
}
