import CLinux
import Glibc
package import RateLimiting

/// Memory that all workers of a replica share, for the counts of rate limits. It outlives a worker; pages that nobody has touched
/// cost nothing.
package final class LimitMemory {
    /// Of the memory; workers map it too.
    package let descriptor: Int32
    package let table: LimitTable
    private let memory: UnsafeMutableRawBufferPointer

    /// The supervisor's: makes the memory.
    ///
    /// - Parameters:
    ///   - bytes: all of it.
    ///   - seed: that nobody outside can guess.
    /// - Returns: `nil`, with `errno`, when the system gives none.
    package convenience init?(bytes: Int, seed: UInt64) {
        let descriptor = clinux_memfd("sluice-limits")
        guard descriptor >= 0 else { return nil }
        // Out of the way of the numbers that children find theirs under.
        let high = fcntl(descriptor, F_DUPFD_CLOEXEC, 16)
        close(descriptor)
        guard high >= 0 else { return nil }
        guard ftruncate(high, off_t(bytes)) == 0 else {
            close(high)
            return nil
        }
        self.init(descriptor: high)
        self.table.begin(seed: seed)
    }

    /// A worker's: maps the memory. The descriptor is the object's from here on.
    ///
    /// - Returns: `nil` when it is not such a memory; the descriptor is closed then.
    package init?(descriptor: Int32) {
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_size > 0,
            let base = mmap(nil, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            base != MAP_FAILED
        else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
        let memory = UnsafeMutableRawBufferPointer(start: base, count: status.st_size)
        guard let table = LimitTable(memory) else {
            munmap(base, memory.count)
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        self.memory = memory
        self.table = table
    }

    deinit {
        munmap(self.memory.baseAddress, self.memory.count)
        close(self.descriptor)
    }
}
