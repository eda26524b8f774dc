/// What a balancer knows of an endpoint.
package struct BalancedEndpoint: Hashable, Sendable {
    /// At least 0, at most 1,000,000; 0 gets nothing.
    let weight: Int
    /// Used only when too few of the others are usable.
    let isBackup: Bool
    /// See `StableHash`.
    let key: UInt64

    /// - Parameter key: a stable hash of address and port: it places the endpoint in the table of consistent hashing, and
    ///   says whether the endpoint of a slot is still the same.
    package init(weight: Int, isBackup: Bool, key: UInt64) {
        self.weight = min(max(0, weight), 1_000_000)
        self.isBackup = isBackup
        self.key = key
    }
}

/// The endpoints that have had a request already, by slot.
///
/// It holds seven without memory of its own; of more than that the earliest are forgotten.
package struct TriedEndpoints: Sendable {
    private var slots = SIMD8<Int32>(repeating: -1)

    package init() {}

    package mutating func insert(_ slot: Int) {
        guard let slot = Int32(exactly: slot), slot >= 0, !self.contains(Int(slot)) else { return }
        // The last lane counts how many there have been, below zero.
        let turn = -1 &- self.slots[7]
        self.slots[Int(turn % 7)] = slot
        self.slots[7] = turn > 1_000_000 ? -2 : -2 &- turn
    }

    package func contains(_ slot: Int) -> Bool {
        guard let slot = Int32(exactly: slot), slot >= 0 else { return false }
        return any(self.slots .== slot)
    }

    package var isEmpty: Bool { self.slots[7] == -1 }
}
