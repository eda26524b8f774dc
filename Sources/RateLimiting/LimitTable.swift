import CCells

/// Counts by key in memory of a fixed size that several processes share.
///
/// ```
///   a page: seed, statistics │ bucket: 4 × (key, cell) │ bucket │ …
/// ```
/// A bucket is a cache line; a key may stand in one of two. Key and cell change together, by one compare and exchange, so that
/// no process can hold another up, wherever it dies. A key without room takes the place of one that has nothing left to
/// remember, else of the one that has used least; never of one that is being refused. Where all are, the request passes uncounted.
// Justified: cells change by compare and exchange alone.
package struct LimitTable: @unchecked Sendable {
    /// What the tables of all processes together have come to.
    package struct Statistics: Hashable, Sendable {
        /// Places that have a key; never fewer than before.
        package let keys: UInt64
        /// Keys that gave their place to another before they had nothing left to remember.
        package let evictions: UInt64
        /// Requests that passed because there was no room for their keys.
        package let uncounted: UInt64
        /// Requests that were decided on what may not have been the last word, because many changed the same cell.
        package let contended: UInt64
    }

    private static let headBytes = 4096
    private static let bucketBytes = 64
    private static let places = 4
    private static let attempts = 64

    private let head: UnsafeMutablePointer<UInt64>
    private let pairs: UnsafeMutablePointer<ccells_pair>
    private let buckets: UInt64

    /// - Parameter memory: zeroed, or used by such tables of the same size before; it begins at a page.
    /// - Returns: `nil` when it is too small.
    package init?(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress, memory.count >= Self.headBytes + Self.bucketBytes else { return nil }
        self.buckets = UInt64((memory.count - Self.headBytes) / Self.bucketBytes)
        self.head = base.assumingMemoryBound(to: UInt64.self)
        self.pairs = (base + Self.headBytes).assumingMemoryBound(to: ccells_pair.self)
    }

    /// What keys are hashed with: nobody outside may know it.
    package var seed: UInt64 { ccells_load(self.head) }

    /// Gives new memory its seed.
    package func begin(seed: UInt64) { ccells_store(self.head, seed) }

    package var statistics: Statistics {
        Statistics(
            keys: ccells_load(self.head + 1), evictions: ccells_load(self.head + 2),
            uncounted: ccells_load(self.head + 3), contended: ccells_load(self.head + 4))
    }

    /// Counts a request.
    ///
    /// - Parameters:
    ///   - key: of a `LimitKeyHash` with the table's seed.
    ///   - cost: as for `LimitCell.take`.
    ///   - now: nanoseconds on the monotonic clock of the machine.
    package func take(_ key: UInt64, _ rate: LimitRate, cost: Int, now: UInt64) -> LimitDecision {
        let key = max(1, key)
        var decision = LimitDecision(isAllowed: true, remaining: rate.requests, resetsIn: 0, retryAfter: 0)
        for _ in 0..<Self.attempts {
            guard let place = self.find(key, now) else {
                ccells_add(self.head + 3, 1)
                return decision
            }
            let old = ccells_load_pair(place)
            // Somebody else may have taken the place meanwhile.
            let isOwn = old.key == key
            if !isOwn, old.key != 0, case .refused = LimitCell(word: old.value).worth(at: now) { continue }
            var cell = LimitCell(word: isOwn ? old.value : 0)
            decision = cell.take(rate, cost: cost, now: now)
            if isOwn, cell.word == old.value {
                // Nothing changes: but was it one pair that was read?
                let again = ccells_load_pair(place)
                guard again.key == old.key, again.value == old.value else { continue }
                return decision
            }
            let new = ccells_pair(key: key, value: cell.word)
            guard ccells_exchange(place, old, new) else { continue }
            if isOwn { return decision }
            // Another process may have found the same key another place meanwhile: the first of the two stays.
            guard self.find(key, now) == place else {
                _ = ccells_exchange(place, new, ccells_pair(key: 0, value: 0))
                continue
            }
            self.countTaken(old, now)
            return decision
        }
        ccells_add(self.head + 4, 1)
        return decision
    }

    private func countTaken(_ old: ccells_pair, _ now: UInt64) {
        if old.key == 0 {
            ccells_add(self.head + 1, 1)
        } else if LimitCell(word: old.value).worth(at: now) > .over {
            ccells_add(self.head + 2, 1)
        }
    }

    /// The place of a key, or the one that it may take; `nil`: there is none.
    private func find(_ key: UInt64, _ now: UInt64) -> UnsafeMutablePointer<ccells_pair>? {
        let first = self.bucket(key)
        let second = self.bucket(key &* 0x9E37_79B9_7F4A_7C15 ^ key >> 32)
        for index in 0..<Self.places where ccells_load(&first[index].key) == key { return first + index }
        for index in 0..<Self.places where ccells_load(&second[index].key) == key { return second + index }
        var best: UnsafeMutablePointer<ccells_pair>?
        var least = LimitCell.Worth.refused
        for index in 0..<(2 &* Self.places) {
            let place = index < Self.places ? first + index : second + (index &- Self.places)
            let pair = ccells_load_pair(place)
            if pair.key == 0 { return place }
            let worth = LimitCell(word: pair.value).worth(at: now)
            if worth < least { (best, least) = (place, worth) }
        }
        return best
    }

    /// The bucket that a number falls into.
    private func bucket(_ number: UInt64) -> UnsafeMutablePointer<ccells_pair> {
        let index = number.multipliedFullWidth(by: self.buckets).high
        return self.pairs + Int(truncatingIfNeeded: index) &* Self.places
    }
}
