import AccessControl
import GatewayModel
import HTTPWire
import Reactor
import Routing
import TrafficControl

/// One listening socket of this worker, and what holds for the connections that come from it.
///
/// It stays in memory for good: connections point to it, and there are as many as there ever were addresses.
struct Acceptor {
    let token: UInt64
    /// The slot of the address and port in the compiled configuration.
    let group: Int
    /// -1 while nothing listens.
    var descriptor: Int32 = -1
    /// Sockets of the same address that workers had of which there are fewer now: what connects to them is served too.
    var surplus: [Int32] = []
    var settings: ListenerSettings
    /// By their place in the group; never empty.
    var listeners: [ListenerRuntime]
    /// A request's host may belong to another listener than its connection.
    var checksListener = false
    /// By their place, see `ListenerRuntime.validation`.
    var validations: [UInt64] = []
    /// Which answers of a listener's routes are compressed, by its place in the group; empty: none at all.
    var compression: [CompressionPlan?] = []
    /// The faults that are made of requests, by the listener's place in the group; empty: none at all.
    var faults: [FaultPlan?] = []
    /// Who may call, by the listener's place in the group; empty: everybody everywhere.
    var access: [AccessPlan?] = []
    /// How much may pass, by the listener's place in the group; empty: everything everywhere.
    var traffic: [TrafficPlan?] = []
    /// What is done to the fields of all answers, by the listener's place in the group; empty: nothing.
    var answers: [AnswerFieldsPlan?] = []
    /// The listeners' CORS policies, by their place in the group; empty: none at all.
    var cors: [CORSRule?] = []
    var connections = 0
    var counters: AcceptorCounters

    init(
        token: UInt64, group: Int, settings: ListenerSettings, listeners: [ListenerRuntime], counters: AcceptorCounters
    ) {
        self.listeners = listeners
        self.token = token
        self.group = group
        self.settings = settings
        self.counters = counters
    }
}

typealias AcceptorRef = UnsafeMutablePointer<Acceptor>

/// The limits of a listener in the units of the loop.
struct ListenerSettings {
    let name: String
    /// Connections begin with something that is not HTTP.
    let hasOpening: Bool
    /// See `ListenerRuntime.hasRules`.
    let hasRules: Bool
    let readsProxyHeader: Bool
    let requiresProxyHeader: Bool
    var head: HeadLimits
    /// Milliseconds; 0 is none, as everywhere in this type.
    var handshakeTimeout: UInt64
    var headerTimeout: UInt64
    var bodyTimeout: UInt64
    var idleTimeout: UInt64
    var requestsPerConnection: Int
    /// Streams that an HTTP/2 client may have open at once.
    var maxConcurrentStreams: Int
    var bodyBytes: UInt64
    /// Of this worker process: its part of the listener's `maxConnections`.
    var maxConnections: Int
}
