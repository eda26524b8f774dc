import Reactor

/// A request while it is copied for mirrors: they get it when all of it has come.
struct MirrorCopy {
    /// A longer body is not mirrored.
    static let limit = 1 << 20
    /// Mirrors that are under way at once in one worker process; what is beyond is not mirrored.
    static let mostAtOnce = 256

    /// The head as the upstream gets it, and what has come of the body without framing.
    var request: Buffer?
    var headEnd: Int
    /// By place among the route's mirrors.
    var chosen: UInt64
}

/// What became of the copies for one upstream.
struct MirrorCounters {
    /// The upstream's.
    let name: String
    var answered: UInt64 = 0
    var failed: UInt64 = 0
    /// Not sent: too long, too many at once, or the client left before all of it had come.
    var dropped: UInt64 = 0
}
