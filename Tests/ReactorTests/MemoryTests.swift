import Reactor
import Testing

@Suite("Slab and buffers")
struct MemoryTests {
    @Test("Cells are distinct, aligned, and used again")
    func slab() {
        var slab = Slab(size: 100, alignment: 8, cellsPerChunk: 4)
        let cells = (0..<10).map { _ in slab.allocate() }
        #expect(Set(cells).count == 10)
        #expect(cells.allSatisfy { UInt(bitPattern: $0) % 16 == 0 })
        for cell in cells { slab.deallocate(cell) }
        #expect(Set((0..<10).map { _ in slab.allocate() }).isSubset(of: cells + [slab.allocate(), slab.allocate()]))
    }

    @Test("A borrowed buffer holds what was asked for, and compacting keeps the bytes")
    func buffers() {
        var pool = BufferPool()
        var buffer = pool.borrow(5000)
        #expect(buffer.capacity >= 5000)
        for index in 0..<10 { buffer.base[index] = UInt8(index) }
        buffer.start = 4
        buffer.end = 10
        buffer.compact()
        #expect(buffer.start == 0 && buffer.count == 6 && buffer.first[0] == 4)
        pool.giveBack(buffer)
    }

    @Test("A buffer beyond the large size holds what was asked for too")
    func beyondLarge() {
        var pool = BufferPool()
        let buffer = pool.borrow(BufferPool.largeSize + 1)
        #expect(buffer.capacity > BufferPool.largeSize)
        pool.giveBack(buffer)
    }
}
