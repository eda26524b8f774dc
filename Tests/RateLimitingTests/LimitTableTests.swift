import Foundation
import RateLimiting
import Testing

@Suite("The table of rate limits") struct LimitTableTests {
    private static let now: UInt64 = 86_400 * 1_000_000_000

    /// Memory of a table for as long as it is used.
    private final class Memory: @unchecked Sendable {
        let bytes: UnsafeMutableRawBufferPointer
        let table: LimitTable

        init(_ count: Int) throws {
            self.bytes = .allocate(byteCount: count, alignment: 4096)
            self.bytes.initializeMemory(as: UInt8.self, repeating: 0)
            self.table = try #require(LimitTable(self.bytes))
        }

        deinit { self.bytes.deallocate() }
    }

    private func key(_ number: UInt64) -> UInt64 {
        var hash = LimitKeyHash(42)
        hash.append(word: number)
        return hash.finish()
    }

    @Test("Threads that share it let exactly the limit pass")
    func exact() throws {
        let memory = try Memory(1 << 20)
        let rate = LimitRate(requests: 10_000, period: 3_600_000, burst: nil)
        let admitted = Admitted()
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            var own = 0
            for index in 0..<20_000
            where memory.table.take(self.key(UInt64(index % 3)), rate, cost: 1, now: Self.now).isAllowed {
                own += 1
            }
            admitted.add(own)
        }
        #expect(admitted.total == 30_000)
        #expect(memory.table.statistics.keys == 3)
    }

    private final class Admitted: @unchecked Sendable {
        private let lock = NSLock()
        private(set) var total = 0

        func add(_ count: Int) { self.lock.withLock { self.total += count } }
    }

    @Test("A million strangers pass by, and nobody who is being refused is forgiven")
    func offenders() throws {
        let memory = try Memory(16 << 20)
        let rate = LimitRate(requests: 2, period: 3_600_000, burst: nil)
        for offender in 0..<UInt64(1000) {
            for _ in 0..<3 { _ = memory.table.take(self.key(offender), rate, cost: 1, now: Self.now) }
        }
        for stranger in 10_000..<UInt64(2_010_000) {
            #expect(memory.table.take(self.key(stranger), rate, cost: 1, now: Self.now).isAllowed)
        }
        for offender in 0..<UInt64(1000) {
            #expect(!memory.table.take(self.key(offender), rate, cost: 1, now: Self.now).isAllowed)
        }
        let statistics = memory.table.statistics
        #expect(statistics.keys > 1_000_000 && statistics.keys <= 1 << 20)
        #expect(statistics.evictions > 900_000)
        #expect(statistics.uncounted == 0)
    }

    @Test("Where all are being refused a stranger passes, and is counted as uncounted")
    func full() throws {
        let memory = try Memory(4096 + 64)
        let rate = LimitRate(requests: 0, period: 3_600_000, burst: nil)
        let open = LimitRate(requests: 5, period: 3_600_000, burst: nil)
        for number in 0..<UInt64(4) {
            #expect(!memory.table.take(self.key(number), rate, cost: 1, now: Self.now).isAllowed)
        }
        #expect(memory.table.take(self.key(100), open, cost: 1, now: Self.now).isAllowed)
        #expect(memory.table.statistics.uncounted == 1)
        let later = Self.now + 3_600_000 * 1_000_000
        #expect(memory.table.take(self.key(100), open, cost: 1, now: later).isAllowed)
        #expect(memory.table.statistics.uncounted == 1)
    }

    @Test("A clock that goes back a little between processes gives nothing away", arguments: [nil, 5])
    func clock(_ burst: Int?) throws {
        let memory = try Memory(1 << 16)
        let rate = LimitRate(requests: 5, period: 60_000, burst: burst)
        let admitted = (0..<20).count { index in
            memory.table.take(7, rate, cost: 1, now: Self.now - UInt64(index) * 100).isAllowed
        }
        #expect(admitted == 5 || burst != nil && admitted == 4)
    }

    @Test("Parts are told apart by where they end, and by whether they are there")
    func parts() {
        func hash(_ parts: [String?]) -> UInt64 {
            var hash = LimitKeyHash(1)
            for part in parts {
                guard let part else {
                    hash.appendAbsent()
                    continue
                }
                var text = part
                text.withUTF8 { hash.append(bytes: UnsafeRawBufferPointer($0)) }
            }
            return hash.finish()
        }
        let keys: [[String?]] = [
            [], [""], [nil], ["a"], ["a", ""], ["", "a"], ["ab", "c"], ["a", "bc"], ["abc"], ["12345678"],
            ["12345678", ""],
            ["123456789"], [nil, nil], ["\0"], ["\0\0"],
        ]
        #expect(Set(keys.map(hash)).count == keys.count)
    }
}
