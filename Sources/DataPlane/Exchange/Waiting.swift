import Balancing
import HTTPWire
import Reactor

/// A request between its head and a connection to an upstream.
struct Waiting {
    /// The request as it is to be sent, or to be sent again; `nil` once a connection has it.
    var request: Buffer?
    /// Milliseconds on the loop's clock until which it is held; 0: it is not.
    var resumesAt: UInt64 = 0
    /// Milliseconds that the request is held back before it is sent at all.
    var delay: UInt64 = 0
    /// Of the answer that it then gets in place of the backend's; 0: none.
    var abortStatus: UInt16 = 0
    // What it has taken of the upstream's limits.
    var holdsRequest = false
    var holdsRetry = false
    // The queue of the pool that it waits in, until that has room for another connection.
    var queue: PoolRef?
    var previous: ExchangeRef?
    var next: ExchangeRef?

    /// Something is to be found out before it is forwarded; see `Suspension`.
    var isSuspended = false

    /// It goes on by itself, not by what comes from either side.
    var isHeld: Bool { self.resumesAt > 0 || self.queue != nil || self.isSuspended }
}

/// What became of a request so far.
struct Tries {
    /// After the first, by the route's rule.
    var retries = 0
    /// Endpoints that were tried.
    var endpoints = TriedEndpoints()
    /// The pool that counts the exchange among those that retry, by slot; -1: none does.
    var countedBy = -1
    /// The request's body has begun to flow: what was sent is not at hand any more.
    var bodyIsGone = false
    /// An answer may be followed by another try: the request is kept until its status is known.
    var keepsRequest = false
    /// A retry on a fresh connection was made, whatever the route says.
    var wasResent = false
    /// How often the connection of an upstream said goodbye before it had looked at the request.
    var goodbyes: UInt8 = 0
}
