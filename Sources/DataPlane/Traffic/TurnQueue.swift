import Reactor

/// Requests of this worker that wait for others with the same key to end, first come first served.
struct TurnQueue {
    var first, last: ExchangeRef?
}

/// What a request has to do with limits on requests under way.
struct Turns {
    /// What it waits in.
    struct Place {
        let key: UInt64
        let policy: String
        /// Milliseconds on the loop's clock.
        let until: UInt64
        var previous, next: ExchangeRef?
    }

    /// How many rules have let it pass.
    var passed = 0
    /// What it is counted under.
    var held: [UInt64] = []
    var place: Place?
    /// What it waited for has been taken for it.
    var hasCome = false
    /// It goes on to see whether there is room.
    var isLooking = false
}
