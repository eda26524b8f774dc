import CLinux
import Glibc

/// Memory that all workers of a replica share: named counts, with a cell for each worker, and behind them a `TurnTable`.
///
/// ```
///   entry   name's hash │ cell of worker 0 │ cell of worker 1 │ …
/// ```
/// A cell is written by its worker alone, so that the supervisor can clear what a dead worker held. Entries are claimed
/// without a lock by the hash of their name and stay while the supervisor lives: configurations come and go, requests
/// that were counted under a name end later.
package final class GaugeTable {
    /// Entries. Pages that nobody has touched cost nothing.
    package static let capacity = 8192
    /// Entries that are looked at for a name before the table counts as full.
    private static let probes = 64

    /// Of the memory; a worker maps it too.
    package let descriptor: Int32
    package let workers: Int
    private let words: UnsafeMutablePointer<UInt64>

    /// The supervisor's: makes the memory.
    ///
    /// - Returns: `nil`, with `errno`, when the system gives none.
    package convenience init?(workers: Int) {
        let descriptor = clinux_memfd("sluice-gauges")
        guard descriptor >= 0 else { return nil }
        // Out of the way of the numbers that children find theirs under.
        let high = fcntl(descriptor, F_DUPFD_CLOEXEC, 16)
        close(descriptor)
        guard high >= 0 else { return nil }
        guard ftruncate(high, off_t(Self.bytes(workers))) == 0 else {
            close(high)
            return nil
        }
        self.init(descriptor: high, workers: workers)
    }

    /// A worker's: maps the memory. The descriptor is the table's from here on.
    ///
    /// - Returns: `nil` when it is not such a memory; the descriptor is closed then.
    package init?(descriptor: Int32, workers: Int) {
        let workers = max(1, workers)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_size == off_t(Self.bytes(workers)),
            let memory = mmap(nil, Self.bytes(workers), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            memory != MAP_FAILED
        else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
        self.descriptor = descriptor
        self.workers = workers
        self.words = memory.assumingMemoryBound(to: UInt64.self)
    }

    deinit {
        munmap(self.words, Self.bytes(self.workers))
        close(self.descriptor)
    }

    /// Clears the cells of a worker that is dead.
    package func clear(worker: Int) {
        guard (0..<self.workers).contains(worker) else { return }
        for entry in 0..<Self.capacity {
            let words = self.words + entry &* Self.stride(self.workers)
            guard clinux_shared_load(words) != 0 else { continue }
            clinux_shared_store(words + 1 + worker, 0)
        }
        self.turns(of: worker)?.clear()
    }

    /// Counts by key as a worker sees them.
    func turns(of worker: Int) -> TurnTable? {
        TurnTable(self.words + Self.gaugeBytes(self.workers) / 8, worker: worker, workers: self.workers)
    }

    /// The entry of that hash, claimed if there is none.
    ///
    /// - Returns: its cells, by worker, and its number; `nil` when the table is full.
    func cells(of hash: UInt64) -> (cells: UnsafeMutablePointer<UInt64>, entry: Int)? {
        let key = max(1, hash)
        for probe in 0..<UInt64(Self.probes) {
            let entry = Int(truncatingIfNeeded: (key &+ probe) % UInt64(Self.capacity))
            let words = self.words + entry &* Self.stride(self.workers)
            if clinux_shared_claim(words, key) == key { return (words + 1, entry) }
        }
        return nil
    }

    /// Words of an entry: whole cache lines, so that neighbours do not slow each other down.
    private static func stride(_ workers: Int) -> Int { (max(1, workers) &+ 1 &+ 7) & ~7 }

    private static func gaugeBytes(_ workers: Int) -> Int { Self.capacity &* Self.stride(workers) &* 8 }

    private static func bytes(_ workers: Int) -> Int { Self.gaugeBytes(workers) &+ TurnTable.bytes(workers) }
}
