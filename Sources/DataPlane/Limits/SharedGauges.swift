import Balancing
import CLinux

/// A worker's view of the counts that it shares with the other workers of its replica.
///
/// What is counted under a name, like the requests of an upstream, goes on through changes of the configuration.
package final class SharedGauges {
    /// How many gauges found no place in the table, and so have a part of their limit in each worker.
    package private(set) var unshared = 0

    /// Counts by key; `nil`: there is no memory for them.
    let turns: TurnTable?

    private let table: GaugeTable?
    private let worker: Int
    private let workers: Int
    /// What this worker holds of each entry. Its cell repeats it: what a dying predecessor may still have written there
    /// after it was cleared goes with the next change.
    private let held = UnsafeMutablePointer<UInt64>.allocate(capacity: GaugeTable.capacity)
    private var own: [UInt64: UnsafeMutablePointer<UInt64>] = [:]

    /// - Parameters:
    ///   - table: `nil`: nothing is shared.
    ///   - worker: which of `workers` this is, from 0.
    package init(_ table: GaugeTable?, worker: Int, workers: Int) {
        self.workers = max(1, workers)
        self.worker = worker
        self.table = table.flatMap { (0..<$0.workers).contains(worker) && $0.workers == max(1, workers) ? $0 : nil }
        self.held.initialize(repeating: 0, count: GaugeTable.capacity)
        self.turns = self.table?.turns(of: worker)
        self.turns?.clear()
    }

    deinit {
        self.held.deallocate()
        for pointer in self.own.values { pointer.deallocate() }
    }

    /// The gauge of that name; the same whenever it is asked for.
    package func gauge(named name: String) -> Gauge { self.gauge(hash: KeyHash.hash(name)) }

    /// The gauge whose name has that hash, which all workers must compute alike. Entries are never given up: for a
    /// bounded number of names.
    package func gauge(hash: UInt64) -> Gauge {
        if let (cells, entry) = self.table?.cells(of: hash) {
            return Gauge(cells: cells, worker: self.worker, workers: self.workers, held: self.held + entry)
        }
        if let held = self.own[hash] { return Gauge(cells: nil, worker: 0, workers: self.workers, held: held) }
        let held = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
        held.initialize(to: 0)
        self.own[hash] = held
        self.unshared &+= 1
        return Gauge(cells: nil, worker: 0, workers: self.workers, held: held)
    }
}

/// A count that the workers of a replica keep together. Valid as long as the `SharedGauges` that it is of.
package struct Gauge {
    /// By worker; `nil`: this worker is alone with it.
    fileprivate let cells: UnsafeMutablePointer<UInt64>?
    fileprivate let worker: Int
    fileprivate let workers: Int
    fileprivate let held: UnsafeMutablePointer<UInt64>

    /// Adds one, unless more than the limit would then be held by all workers together.
    ///
    /// The limit is never exceeded: of several that add at once, the last one in the order of the memory sees all. Where
    /// they meet at the limit, one more than necessary may be refused.
    package func take(limit: Int) -> Bool {
        guard self.cells != nil else {
            guard limit > 0, self.held.pointee < UInt64(max(1, limit / self.workers)) else { return false }
            self.held.pointee &+= 1
            return true
        }
        self.add()
        if self.sum() <= limit { return true }
        self.give()
        return false
    }

    /// Adds one whatever the sum.
    package func add() {
        self.held.pointee &+= 1
        if let cells { clinux_shared_store(cells + self.worker, self.held.pointee) }
    }

    /// Takes one away that this worker has added; with none it does nothing.
    package func give() {
        guard self.held.pointee > 0 else { return }
        self.held.pointee &-= 1
        if let cells { clinux_shared_store(cells + self.worker, self.held.pointee) }
    }

    /// What all workers hold; where nothing is shared, what this one holds.
    package func sum() -> Int {
        guard let cells else { return Int(truncatingIfNeeded: self.held.pointee) }
        var sum: UInt64 = 0
        for worker in 0..<self.workers { sum &+= clinux_shared_load(cells + worker) }
        return Int(truncatingIfNeeded: sum)
    }

    /// What this worker holds.
    package var own: Int { Int(truncatingIfNeeded: self.held.pointee) }
}
