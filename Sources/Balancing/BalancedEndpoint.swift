/// What a balancer needs to know of an endpoint.
package struct BalancedEndpoint: Hashable, Sendable {
    /// The share among the others, at most 1,000,000; 0 gets nothing.
    package let weight: Int
    /// Used only when too few of the others are usable.
    package let isBackup: Bool
    /// A hash of its address and port, the same in every process and on every machine.
    package let key: UInt64

    package init(weight: Int, isBackup: Bool, key: UInt64) {
        self.weight = min(max(0, weight), 1_000_000)
        self.isBackup = isBackup
        self.key = key
    }
}

/// Endpoints that a request has been at: the last few, by place.
package struct TriedEndpoints {
    private static let room = 12
    private var places = InlineArray<12, Int32>(repeating: -1)
    private var count = 0

    package init() {}

    package var isEmpty: Bool { self.count == 0 }

    package mutating func insert(_ place: Int) {
        guard let place = Int32(exactly: place), place >= 0, !self.contains(Int(place)) else { return }
        self.places[self.count % Self.room] = place
        self.count &+= 1
    }

    @inline(__always)
    package func contains(_ place: Int) -> Bool {
        guard self.count > 0 else { return false }
        for index in 0..<min(self.count, Self.room) where Int(self.places[index]) == place { return true }
        return false
    }
}
