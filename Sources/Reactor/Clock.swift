import CLinux
import Glibc

/// The two clocks of a loop, read once per turn.
package enum Clock {
    /// Monotonic nanoseconds; never goes back, whatever is done to the wall clock.
    package static func monotonicNanoseconds() -> UInt64 { clinux_monotonic_nanoseconds() }

    /// Microseconds since 1970, by the wall clock.
    package static func wallMicroseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}
