/// Smooth weighted round robin.
///
/// In each turn every weight gains itself, the richest is taken and pays the sum: endpoints are interleaved, not served in
/// bursts. Endpoints of equal weight are one group, which gains for all of them and serves them in a ring: a turn costs as
/// many steps as there are different weights, however many endpoints there are.
struct TurnOrder {
    private struct Group {
        /// Of all its endpoints.
        let weight: Int
        var credit: Int
        /// Where its endpoints stand in `ring`.
        let start: Int
        let end: Int
        var position: Int
    }

    private var groups: [Group] = []
    private var ring: [Int32] = []
    private var sum = 0

    init() {}

    /// Goes on where earlier turns have left off: whose turn is the longest ago comes first, and credits stay.
    ///
    /// - Parameter states: by slot.
    init(slots: [Int32], weights: [Int], states: [EndpointState]) {
        let owed = slots.map { slot in
            states.indices.contains(Int(slot)) ? (states[Int(slot)].lastTurn, states[Int(slot)].credit) : (0, 0)
        }
        let order = slots.indices.sorted {
            (weights[$0], owed[$0].0, slots[$0]) < (weights[$1], owed[$1].0, slots[$1])
        }
        self.sum = weights.reduce(0, &+)
        self.ring = order.map { slots[$0] }
        var start = 0
        while start < order.count {
            let weight = weights[order[start]]
            var (end, credit) = (start, 0)
            while end < order.count, weights[order[end]] == weight {
                credit &+= owed[order[end]].1
                end &+= 1
            }
            self.groups.append(
                Group(
                    weight: weight &* (end &- start), credit: min(max(credit, -self.sum), self.sum), start: start,
                    end: end, position: start))
            start = end
        }
        // The heaviest first: it wins where credits are equal.
        self.groups.reverse()
    }

    /// How many steps a turn takes.
    var steps: Int { self.groups.count }

    mutating func next() -> Int? {
        guard !self.groups.isEmpty else { return nil }
        var richest = 0
        if self.groups.count > 1 {
            for index in self.groups.indices {
                self.groups[index].credit &+= self.groups[index].weight
                if self.groups[index].credit > self.groups[richest].credit { richest = index }
            }
            self.groups[richest].credit &-= self.sum
        }
        let position = self.groups[richest].position
        let end = self.groups[richest].end
        self.groups[richest].position = position &+ 1 == end ? self.groups[richest].start : position &+ 1
        return Int(self.ring[position])
    }

    /// Notes what each endpoint is owed, for the order that follows this one.
    func settle(_ states: inout [EndpointState]) {
        for group in self.groups {
            let credit = group.credit / max(1, group.end &- group.start)
            for slot in self.ring[group.start..<group.end] where states.indices.contains(Int(slot)) {
                states[Int(slot)].credit = credit
            }
        }
    }
}
