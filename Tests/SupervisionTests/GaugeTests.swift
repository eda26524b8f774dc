import DataPlane
import Glibc
import Testing

/// What several threads add to, each for itself.
private final class Tally: @unchecked Sendable {
    let table: GaugeTable
    let worker: Int
    var taken = 0
    var most = 0

    init(_ table: GaugeTable, worker: Int) {
        self.table = table
        self.worker = worker
    }
}

@Suite("Counts that workers keep together")
struct GaugeTests {
    private func table(_ workers: Int) throws -> GaugeTable { try #require(GaugeTable(workers: workers)) }

    @Test("What one worker holds counts against the limit of the others")
    func together() throws {
        let table = try self.table(2)
        let (first, second) = (SharedGauges(table, worker: 0, workers: 2), SharedGauges(table, worker: 1, workers: 2))
        let (a, b) = (first.gauge(named: "orders"), second.gauge(named: "orders"))
        #expect(a.take(limit: 3) && a.take(limit: 3) && b.take(limit: 3))
        #expect(!b.take(limit: 3) && !a.take(limit: 3))
        #expect(a.sum() == 3 && b.sum() == 3 && a.own == 2 && b.own == 1)
        a.give()
        #expect(b.take(limit: 3) && !a.take(limit: 3))
        #expect(second.gauge(named: "payments").sum() == 0)
        #expect(first.unshared == 0)
        withExtendedLifetime((first, second)) {}
    }

    @Test("A name keeps its count when it is asked for again, and nothing goes below none")
    func again() throws {
        let gauges = SharedGauges(try self.table(1), worker: 0, workers: 1)
        #expect(gauges.gauge(named: "orders").take(limit: 1))
        #expect(!gauges.gauge(named: "orders").take(limit: 1))
        gauges.gauge(named: "orders").give()
        gauges.gauge(named: "orders").give()
        #expect(gauges.gauge(named: "orders").sum() == 0)
        #expect(!gauges.gauge(named: "orders").take(limit: 0))
        #expect(gauges.gauge(named: "orders").sum() == 0)
        withExtendedLifetime(gauges) {}
    }

    @Test("What a dead worker held is free, and its successor starts at none")
    func dead() throws {
        let table = try self.table(3)
        let (first, second) = (SharedGauges(table, worker: 0, workers: 3), SharedGauges(table, worker: 2, workers: 3))
        for _ in 0..<5 { #expect(second.gauge(named: "orders").take(limit: 10)) }
        #expect(first.gauge(named: "orders").take(limit: 10))
        table.clear(worker: 2)
        #expect(first.gauge(named: "orders").sum() == 1)
        let successor = SharedGauges(table, worker: 2, workers: 3)
        #expect(successor.gauge(named: "orders").own == 0 && successor.gauge(named: "orders").take(limit: 2))
        withExtendedLifetime((first, second, successor)) {}
    }

    @Test("A full table leaves each worker its part of the limit, and counts that")
    func full() throws {
        let gauges = SharedGauges(try self.table(4), worker: 1, workers: 4)
        for number in 0..<UInt64(GaugeTable.capacity) { _ = gauges.gauge(hash: number + 1) }
        #expect(gauges.unshared == 0)
        let gauge = gauges.gauge(hash: 999_999)
        #expect(gauges.unshared == 1)
        #expect(gauge.take(limit: 8) && gauge.take(limit: 8) && !gauge.take(limit: 8))
        #expect(gauges.gauge(hash: 999_999).own == 2 && gauges.unshared == 1)
        gauge.give()
        #expect(gauge.take(limit: 8))
        #expect(gauges.gauge(hash: 999_998).take(limit: 1) && !gauges.gauge(hash: 999_997).take(limit: 0))
        withExtendedLifetime(gauges) {}
    }

    @Test("Memory of another size is none")
    func foreign() throws {
        let table = try self.table(4)
        #expect(GaugeTable(descriptor: dup(table.descriptor), workers: 64) == nil)
        #expect(GaugeTable(descriptor: -1, workers: 4) == nil)
        let same = GaugeTable(descriptor: dup(table.descriptor), workers: 4)
        let (one, other) = (SharedGauges(table, worker: 0, workers: 4), SharedGauges(same, worker: 1, workers: 4))
        #expect(one.gauge(named: "orders").take(limit: 1) && !other.gauge(named: "orders").take(limit: 1))
        withExtendedLifetime((one, other)) {}
    }

    @Test("Workers that take and give at once never hold more than the limit")
    func hammered() throws {
        let (workers, limit) = (4, 3)
        let table = try self.table(workers)
        let tallies = (0..<workers).map { Tally(table, worker: $0) }
        var threads = tallies.map { tally -> pthread_t in
            var thread = pthread_t()
            let context = Unmanaged.passRetained(tally).toOpaque()
            pthread_create(&thread, nil, { Self.hammer($0) }, context)
            return thread
        }
        for index in threads.indices { pthread_join(threads[index], nil) }
        threads = []
        #expect(tallies.allSatisfy { $0.taken > 0 })
        #expect(tallies.allSatisfy { $0.most <= limit })
        let gauges = SharedGauges(table, worker: 0, workers: workers)
        #expect(gauges.gauge(named: "inside").sum() == 0 && gauges.gauge(named: "limit").sum() == 0)
        withExtendedLifetime(gauges) {}
    }

    /// Counts those inside by a second gauge: between take and give, never more than the limit are.
    private static func hammer(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let tally = Unmanaged<Tally>.fromOpaque(context).takeRetainedValue()
        let gauges = SharedGauges(tally.table, worker: tally.worker, workers: 4)
        let (limit, inside) = (gauges.gauge(named: "limit"), gauges.gauge(named: "inside"))
        for _ in 0..<50_000 where limit.take(limit: 3) {
            inside.add()
            tally.taken += 1
            tally.most = max(tally.most, inside.sum())
            inside.give()
            limit.give()
        }
        withExtendedLifetime(gauges) {}
        return nil
    }
}
