/// Turns by weight, as even as can be: each endpoint is due at a time of its own, the next one is the one that is due first,
/// and it is due again after a time that its weight divides (earliest deadline first).
///
/// What changes weights leaves the times of the others as they are: turns go on where they were. A heap holds the times, so
/// that a turn costs the logarithm of the number of endpoints.
struct SmoothTurns {
    private struct Entry {
        var due: UInt64
        /// Among those due at once the one that came first.
        var order: Int32
        var place: Int32
        var step: UInt64
    }

    private static let unit: UInt64 = 1 << 40
    private var heap: [Entry] = []
    private var clock: UInt64 = 0

    /// - Parameter weights: of the endpoints in these places, positive.
    mutating func replace(_ places: [Int32], _ weights: [Int]) {
        let known = Dictionary(self.heap.map { ($0.place, $0) }) { $1 }
        self.heap = zip(places, weights).enumerated().map { order, member in
            let step = Self.unit / UInt64(max(1, member.1))
            let due: UInt64 =
                if let old = known[member.0] {
                    // What is left of its wait shrinks or grows with the weight.
                    self.clock &+ UInt64(Double(old.due &- min(self.clock, old.due)) / Double(old.step) * Double(step))
                } else {
                    self.clock &+ step
                }
            return Entry(due: due, order: Int32(clamping: order), place: member.0, step: step)
        }
        for index in (0..<self.heap.count / 2).reversed() { self.sink(index) }
    }

    mutating func next() -> Int? {
        guard let first = self.heap.first else { return nil }
        self.clock = first.due
        if self.clock > 1 << 62 { self.wind() }
        self.heap[0].due &+= first.step
        self.sink(0)
        return Int(first.place)
    }

    /// Sets all clocks back.
    private mutating func wind() {
        let start = self.clock
        for index in self.heap.indices { self.heap[index].due &-= min(start, self.heap[index].due) }
        self.clock = 0
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < self.heap.count {
                if self.isEarlier(child, than: least) { least = child }
            }
            guard least != parent else { return }
            self.heap.swapAt(parent, least)
            parent = least
        }
    }

    private func isEarlier(_ left: Int, than right: Int) -> Bool {
        let (left, right) = (self.heap[left], self.heap[right])
        return left.due != right.due ? left.due < right.due : left.order < right.order
    }
}
