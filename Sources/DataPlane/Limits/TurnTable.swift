import CLinux
import Glibc

/// Counts by key in memory that all workers of a replica share, for keys that come and go without number.
///
/// ```
///   part of worker 0        part of worker 1     …
///   bucket │ bucket │ …     bucket │ bucket │ …       eight words each: one cache line
/// ```
/// Each worker counts in its own part, which nobody else writes to; what is under way is the sum over the parts. A word is the
/// key's tag and the count; one whose count has come to 0 is free again. So there is nothing to take back from a dead worker
/// but its part, and no lock. A key has its place in one bucket: where this is full, there is no room to count it.
struct TurnTable {
    /// What came of a request for a place.
    enum Outcome {
        case taken
        /// As many as may be have one.
        case full
        /// It cannot be counted.
        case noRoom
    }

    /// 512 KiB for each worker; pages that nobody has touched cost nothing.
    private static let buckets = 8192
    private static let ways = 8
    private static let words = Self.buckets * Self.ways
    private static let countBits: UInt64 = 20
    private static let most: UInt64 = 1 << Self.countBits - 1

    static func bytes(_ workers: Int) -> Int { max(1, workers) &* Self.words &* 8 }

    private let base: UnsafeMutablePointer<UInt64>
    private let workers: Int
    private let worker: Int

    /// A worker's view of the memory of `bytes(workers)`.
    ///
    /// - Returns: `nil` when there is no such worker.
    init?(_ memory: UnsafeMutablePointer<UInt64>, worker: Int, workers: Int) {
        guard (0..<workers).contains(worker) else { return nil }
        self.base = memory
        self.workers = workers
        self.worker = worker
    }

    /// Takes a place, unless more than the limit would then be taken by all workers together.
    ///
    /// The limit is never exceeded: of several that take one at once, the last in the order of the memory sees all. Where they
    /// meet at the limit, one more than necessary may be told that it is full.
    func take(_ key: UInt64, limit: Int) -> Outcome {
        guard let word = self.own(key) else { return .noRoom }
        let held = clinux_shared_load(word)
        guard held & Self.most < Self.most else { return .full }
        clinux_shared_store(word, Self.tag(key) | (held & Self.most &+ 1))
        if self.sum(key) <= limit { return .taken }
        self.give(key)
        return .full
    }

    /// Gives a place back that this worker has taken; with none it does nothing.
    func give(_ key: UInt64) {
        guard let word = self.find(key, of: self.worker) else { return }
        let count = clinux_shared_load(word) & Self.most
        clinux_shared_store(word, count > 1 ? Self.tag(key) | (count &- 1) : 0)
    }

    /// How many places all workers have.
    func sum(_ key: UInt64) -> Int {
        var sum: UInt64 = 0
        for worker in 0..<self.workers {
            guard let word = self.find(key, of: worker) else { continue }
            let value = clinux_shared_load(word)
            // It may be another key's by now.
            if value & ~Self.most == Self.tag(key) { sum &+= value & Self.most }
        }
        return Int(truncatingIfNeeded: sum)
    }

    /// Clears a worker's part, and gives its pages back.
    func clear() {
        let part = self.base + self.worker &* Self.words
        if madvise(part, Self.words &* 8, MADV_REMOVE) == 0 { return }
        for index in 0..<Self.words where clinux_shared_load(part + index) != 0 { clinux_shared_store(part + index, 0) }
    }

    // MARK: Places

    /// The key without the bits that the bucket is found by, in the place of the count's.
    private static func tag(_ key: UInt64) -> UInt64 {
        // 0 is a free word's.
        max(key & ~Self.most, 1 << Self.countBits)
    }

    private func bucket(_ key: UInt64, of worker: Int) -> UnsafeMutablePointer<UInt64> {
        let bucket = Int(truncatingIfNeeded: key % UInt64(Self.buckets))
        return self.base + worker &* Self.words + bucket &* Self.ways
    }

    private func find(_ key: UInt64, of worker: Int) -> UnsafeMutablePointer<UInt64>? {
        let bucket = self.bucket(key, of: worker)
        let tag = Self.tag(key)
        for way in 0..<Self.ways where clinux_shared_load(bucket + way) & ~Self.most == tag { return bucket + way }
        return nil
    }

    /// This worker's word of the key, or a free one.
    private func own(_ key: UInt64) -> UnsafeMutablePointer<UInt64>? {
        if let word = self.find(key, of: self.worker) { return word }
        let bucket = self.bucket(key, of: self.worker)
        for way in 0..<Self.ways where clinux_shared_load(bucket + way) == 0 { return bucket + way }
        return nil
    }
}
