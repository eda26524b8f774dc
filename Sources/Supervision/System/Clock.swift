import CLinux
import Glibc

/// A point on the monotonic clock, in milliseconds; machines get it as an argument.
struct Instant: Hashable, Comparable, Sendable {
    let milliseconds: UInt64

    init(milliseconds: UInt64) { self.milliseconds = milliseconds }

    static func now() -> Instant { Instant(milliseconds: clinux_monotonic_nanoseconds() / 1_000_000) }

    static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    func advanced(by milliseconds: UInt64) -> Instant {
        Instant(milliseconds: self.milliseconds.addingReportingOverflow(milliseconds).partialValue)
    }

    /// Zero when `earlier` is later.
    func milliseconds(since earlier: Instant) -> UInt64 {
        self.milliseconds > earlier.milliseconds ? self.milliseconds - earlier.milliseconds : 0
    }
}

/// The wall clock, milliseconds since 1970; for people and reports alone.
func wallMilliseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(clamping: now.tv_sec) &* 1000 &+ UInt64(clamping: now.tv_nsec / 1_000_000)
}

/// The wall clock as RFC 3339 in UTC with milliseconds; for log lines alone.
func timestamp() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let millisecond = String(now.tv_nsec / 1_000_000 + 1000).dropFirst()
    return String(decoding: text[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self) + ".\(millisecond)Z"
}
