import CLinux
import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Glibc
import Reactor

/// Where a worker is between two configurations: one at a time is prepared, then committed or forgotten.
///
/// ```
/// idle ─prepare▶ preparing ─▶ prepared ─commit▶ idle        abort, from anywhere: idle
/// ```
struct Installation {
    enum State {
        case idle
        case preparing(Preparation)
        case prepared(PreparedChange, CompiledListeners, CompiledUpstreams, version: Int64)
    }

    var state = State.idle
    /// Listening sockets that came and are not in use yet.
    var sockets: [ListenAddress: [Int32]] = [:]

    /// An update that came while one that nobody wants any more was still being compiled.
    private var queued: (version: Int64, payload: Int32)?

    mutating func queue(_ version: Int64, _ payload: Int32) {
        if let earlier = self.queued { Glibc.close(earlier.payload) }
        self.queued = (version, payload)
    }

    mutating func takeQueued() -> (version: Int64, payload: Int32)? {
        defer { self.queued = nil }
        return self.queued
    }

    /// Takes listening sockets, one for each of the addresses. All that come for one address are served.
    mutating func hold(_ descriptors: [Int32], for addresses: [ListenAddress]) {
        for (address, descriptor) in zip(addresses, descriptors) {
            self.sockets[address, default: []].append(descriptor)
        }
    }
}

/// Compiles an update on a thread of its own, while the loop serves on.
///
/// Justified: the thread writes `outcome` once, before it signals; the loop reads it only after the signal.
final class Preparation: @unchecked Sendable {
    enum Outcome {
        case prepared(PreparedChange, CompiledListeners, CompiledUpstreams)
        case rejected([RejectedReason])
    }

    private static let largePayload = 8 << 20

    let version: Int64
    private let payload: Int32
    private let gateway: Gateway
    private let wakeup: Wakeup
    private let tickets: TLSTicketKeys
    /// There is a store for global limits.
    private let hasStore: Bool
    private var payloadBytes = 0
    private(set) var outcome: Outcome?
    /// The supervisor has changed its mind; the outcome is thrown away.
    var isAborted = false

    /// - Parameter payload: the memfd with the update; owned from here on.
    init(
        version: Int64, payload: Int32, gateway: Gateway, tickets: TLSTicketKeys, hasStore: Bool, wakeup: Wakeup
    ) {
        self.hasStore = hasStore
        self.tickets = tickets
        self.version = version
        self.payload = payload
        self.gateway = gateway
        self.wakeup = wakeup
    }

    /// Starts the thread; `false` when the system has none to give.
    func start() -> Bool {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Preparation>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func run() {
        self.outcome = self.compile()
        // A large update leaves as much memory behind as its routes take: it was this thread's, so the loop does not wait.
        if self.payloadBytes > Self.largePayload { clinux_trim_heap() }
        self.wakeup.signal()
    }

    private func compile() -> Outcome {
        defer { Glibc.close(self.payload) }
        let bytes: [UInt8]
        do throws(ChannelError) {
            bytes = try SharedPayload.read(self.payload)
        } catch {
            return .rejected([RejectedReason(kind: nil, name: nil, message: "the update could not be read: \(error)")])
        }
        self.payloadBytes = bytes.count
        let update: SnapshotUpdate
        do throws(ProtocolError) {
            update = try SnapshotUpdate(parsing: bytes, keepingDocuments: false)
        } catch {
            return .rejected([RejectedReason(kind: nil, name: nil, message: "\(error)")])
        }
        let homeless = self.hasStore ? [] : update.upserts.map(\.resource).filter(\.wantsStore)
        guard homeless.isEmpty else { return .rejected(homeless.map(RejectedReason.init(withoutStore:))) }
        do throws(SnapshotRejected) {
            let change = try self.gateway.prepare(update)
            let listeners = CompiledListeners(change, tickets: self.tickets)
            let upstreams = CompiledUpstreams(change)
            let faults = listeners.faults + upstreams.faults
            return faults.isEmpty ? .prepared(change, listeners, upstreams) : .rejected(faults)
        } catch {
            return .rejected(
                error.resources.map { key, message in
                    RejectedReason(kind: key?.kind.rawValue, name: key?.name, message: message)
                })
        }
    }
}

extension Resource {
    /// A rate limit that all replicas count together.
    fileprivate var wantsStore: Bool {
        guard case .trafficPolicy(let policy) = self.spec, case .rateLimit(let limit) = policy.settings else {
            return false
        }
        return limit.scope == .global
    }
}

extension RejectedReason {
    fileprivate init(withoutStore resource: Resource) {
        self.init(
            kind: resource.key.kind.rawValue, name: resource.key.name,
            message: "its scope is global, and this replica has no store of limits: start it with --limit-store")
    }
}
