package import Storage

/// Now, on two clocks: the one that people read, and one that is never set back or forth.
package struct Moment: Sendable {
    package let wall: Timestamp
    /// Milliseconds since some fixed moment; what durations are measured with.
    package let uptime: Int64

    package init(wall: Timestamp, uptime: Int64) {
        self.wall = wall
        self.uptime = uptime
    }
}
