package import GatewayModel

/// Chooses an endpoint of an upstream.
///
/// Endpoints are known by their slot, a place in a list of the caller's; those of weight 0 are never chosen. What a choice
/// needs is laid out when endpoints, their health or, in slow start, their weights have changed; a choice then takes
/// constant time and no memory. Time is milliseconds of a clock that does not go back.
///
/// - Endpoints that are no backups take all requests while 72 % of them are usable; with fewer, backups take a part that
///   grows as they get fewer (see `PriorityLoad`).
/// - When fewer endpoints than the panic threshold are usable, all are used as if they were, unless backups can carry the
///   load.
package struct Balancer: ~Copyable {
    let settings: LoadBalancing
    let panicThreshold: Int
    let slowStart: SlowStart
    /// By slot.
    var states: [EndpointState] = []
    var load = PriorityLoad()
    /// Endpoints that are no backups or, in a panic, all.
    var regular = EndpointPool()
    var backup = EndpointPool()
    /// Percent of the choices that fall on `regular`.
    var regularShare = 0
    var isLaidOut = false
    /// When the weights have to be laid out anew.
    var nextStep = UInt64.max
    /// Counts choices of round robin.
    var turn: UInt64 = 0

    /// - Parameter panicThreshold: percent; 0: never.
    package init(_ settings: LoadBalancing, panicThreshold: Int) {
        self.settings = settings
        self.panicThreshold = panicThreshold
        let isGradual: Bool =
            switch settings.algorithm {
            case .leastRequest, .roundRobin, .peakEWMA: true
            case .random, .consistentHash: false
            }
        self.slowStart = SlowStart(window: isGradual ? settings.slowStart : 0)
    }
}
