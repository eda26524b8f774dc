import Compression
import Firewall
import GatewayModel
import GatewaySnapshot
import Glibc
import HTTPWire
import RateLimiting
import Reactor

/// One event loop that serves: everything a worker process has.
///
/// The loop's thread is the only one that touches it. Connections live in slabs and are reached by pointers, so that
/// serving a request counts no references and allocates nothing; see `docs/life-of-a-request.md`.
final class Worker {
    /// What one read takes at most, and so what one turn of a connection moves.
    static let readSize = 64 * 1024
    /// How often one body is read in one turn: a fast stream must not keep the others waiting.
    static let readsPerTurn = 16

    let settings: WorkerSettings
    let channel: Channel
    let gateway = Gateway(firewall: FirewallLibrary(filters: true))
    let gauges: SharedGauges
    let wakeup: Wakeup

    var poller: Poller
    var timers: TimerWheel
    var buffers = BufferPool()
    var clientCells = Slab(size: MemoryLayout<Client>.stride, alignment: MemoryLayout<Client>.alignment)
    var exchangeCells = Slab(size: MemoryLayout<Exchange>.stride, alignment: MemoryLayout<Exchange>.alignment)
    var sessionCells = Slab(
        size: MemoryLayout<ClientSession>.stride, alignment: MemoryLayout<ClientSession>.alignment)
    var upstreamCells = Slab(
        size: MemoryLayout<UpstreamConnection>.stride, alignment: MemoryLayout<UpstreamConnection>.alignment)
    var random: Random

    // Scratch memory of the loop: valid within one event.
    let scratchIn = UnsafeMutablePointer<UInt8>.allocate(capacity: Worker.readSize)
    let scratchOut = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * Worker.readSize)
    let scratchHead = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * Worker.readSize)
    let scratchPath = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * Worker.readSize)
    /// Where regular expressions change paths: the outcome, and room to make it canonical.
    let scratchChange = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 3 * Worker.readSize)
    /// The path that came of it; from the choice of a share until its head is written.
    var changedPath = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    let scratchHost = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 256)
    let scratchCipher = UnsafeMutablePointer<UInt8>.allocate(capacity: Worker.readSize)
    let tlsBuffers = TLSBuffers()
    let ticketKeys = TLSTicketKeys()
    /// Output that had no room in scratch memory; given back when the turn is over.
    var spill: Buffer?
    let compressors = CompressorPool(limit: AnswerCoding.limit)
    let nameValues = NameValues()
    let sessionCallbacks = SessionCallbacks()
    let upstreamCallbacks = UpstreamCallbacks()
    var upstreamSessionCells = Slab(
        size: MemoryLayout<UpstreamSession>.stride, alignment: MemoryLayout<UpstreamSession>.alignment)
    var requestHead = RequestHead()
    var responseHead = ResponseHead()

    // The turn's clocks.
    var nowNanoseconds: UInt64
    var now: UInt64
    var date = CachedDate()

    var acceptors: [AcceptorRef?] = []
    var pools: [PoolRef?] = []
    var upstreamCounters: [UpstreamCounters?] = []
    var poolSources: [PoolSource?] = []
    /// By the upstream's name: also of those that come with the next commit.
    var upstreamStates: [String: UpstreamState] = [:]
    /// By upstream, of those that have or had limits.
    var gaugesBySlot: [UpstreamGauges?] = []
    /// When the last of the requests on hold may go on, or later.
    var heldUntil: UInt64 = 0
    /// Those whose endpoints are ejected or whose connections are limited.
    var watchedPools: [PoolRef] = []
    /// When they were last looked at: no event tells.
    var lastPoolLook: UInt64 = 0
    var clients: ClientRef?
    /// Those that have something to do although no event tells.
    var scheduledClients: [ClientRef] = []
    var scheduledExchanges: [ExchangeRef] = []
    /// HTTP/2 clients with frames to send.
    var pendingSessions: [ClientRef] = []
    /// HTTP/2 connections to upstreams with frames to send or to read.
    var pendingCarriers: [UpstreamRef] = []
    /// Cells to give back when the turn is over.
    var closedClients: [ClientRef] = []
    var closedExchanges: [ExchangeRef] = []
    var closedUpstreams: [UpstreamRef] = []

    /// Of fields that policies write: lines of clients with these names do not count; `nil`: there are none.
    var reservedFields: FieldRules?
    var access: AccessDesk
    var firewall: FirewallDesk
    private let limitMemory: LimitMemory?
    /// `nil`: there is no memory for counts.
    let limitTable: LimitTable?
    var traffic = TrafficCounters()
    /// `nil`: the replica has none.
    private(set) var store: StoreLink?
    var purses = LeasePurses()
    /// Requests that wait for others to end, by what they are counted under.
    var turnQueues: [UInt64: TurnQueue] = [:]
    /// Requests that wait before they are forwarded; see `Suspension`.
    var suspended = 0
    var counters = WorkerCounters()
    /// By slot of the upstream.
    var mirrorCounters: [Int: MirrorCounters] = [:]
    var mirrorsUnderWay = 0
    var accessLog: AccessLog
    var installation = Installation()
    var drain = Drain.serving
    var lastHeartbeat: UInt64 = 0
    /// Held so that one connection can still be taken and closed when descriptors run out.
    var spareDescriptor: Int32

    init(_ settings: WorkerSettings) throws(SystemError) {
        self.settings = settings
        self.channel = Channel(descriptor: settings.channelDescriptor)
        let table = GaugeTable(descriptor: settings.gaugesDescriptor, workers: settings.count)
        self.gauges = SharedGauges(table, worker: settings.index, workers: settings.count)
        self.limitMemory = LimitMemory(descriptor: settings.limitsDescriptor)
        self.limitTable = self.limitMemory?.table
        self.wakeup = try Wakeup()
        self.access = AccessDesk(self.wakeup)
        self.firewall = FirewallDesk(self.wakeup)
        self.poller = try Poller()
        self.nowNanoseconds = Clock.monotonicNanoseconds()
        self.now = self.nowNanoseconds / 1_000_000
        self.timers = TimerWheel(now: self.now)
        var system = SystemRandomNumberGenerator()
        self.random = Random(seededBy: &system)
        self.accessLog = try AccessLog(settings.accessLog)
        self.spareDescriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        if let store = settings.store {
            do throws(TLSConfigurationError) {
                self.store = try StoreLink(store, self.wakeup, self.tlsBuffers)
            } catch {
                throw SystemError(call: "take the certificates for the store of limits: \(error)", code: EINVAL)
            }
        }
        self.scheduledClients.reserveCapacity(1024)
        self.scheduledExchanges.reserveCapacity(1024)
        self.pendingSessions.reserveCapacity(1024)
        self.closedClients.reserveCapacity(1024)
        self.closedExchanges.reserveCapacity(1024)
        self.closedUpstreams.reserveCapacity(1024)
    }

    deinit {
        self.scratchIn.deallocate()
        self.scratchOut.deallocate()
        self.scratchHead.deallocate()
        self.scratchCipher.deallocate()
        self.scratchPath.deallocate()
        self.scratchHost.deallocate()
        self.scratchChange.deallocate()
    }
}

/// What an event's token stands for: a cell's address with the kind in the low bits, which alignment keeps free.
enum Token {
    static let kindMask: UInt64 = 7
    static let client: UInt64 = 0
    static let upstream: UInt64 = 1
    static let acceptor: UInt64 = 2
    static let exchange: UInt64 = 3
    static let other: UInt64 = 4

    static let channel: UInt64 = 0 << 3 | Token.other
    static let wakeup: UInt64 = 1 << 3 | Token.other
    static let store: UInt64 = 2 << 3 | Token.other

    static func make(_ cell: UnsafeMutableRawPointer, _ kind: UInt64) -> UInt64 {
        UInt64(UInt(bitPattern: cell)) | kind
    }

    static func pointer(_ token: UInt64) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: UInt(token & ~Token.kindMask))
    }
}
