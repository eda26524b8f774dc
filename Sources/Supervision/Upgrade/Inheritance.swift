import DataPlane
import Glibc

/// How often upgrades came to what end, over all processes of a replica.
struct UpgradeCounts: Equatable {
    var succeeded = 0
    var failed = 0
}

/// What a supervisor leaves to the one that takes its place. The descriptors belong to whoever sends it on, or has
/// received it.
struct Inheritance {
    var sockets: [ListenAddress: [Int32]] = [:]
    private(set) var admin: (address: ListenAddress, descriptor: Int32)?
    /// The lock of the state folder.
    var lock: Int32?
    var ticketKeys: TicketKeyRing?
    var upgrades = UpgradeCounts()
    /// Whether there was a configuration in service.
    var isServing = true
    /// Of the configuration, where the replica gave it itself.
    var identity: String?
    /// What is known of upstreams, which lookups and probes of the successor find out anew only after a while.
    var upstreams: [KnownUpstream] = []
    var keySets = KnownKeySets()

    mutating func setAdmin(_ descriptor: Int32, _ address: ListenAddress) {
        if let admin { close(admin.descriptor) }
        self.admin = (address, descriptor)
    }

    /// The socket of the admin port, when that is still the same; one of another port is closed.
    mutating func takeAdmin(_ address: ListenAddress) -> Int32? {
        defer { self.admin = nil }
        guard let admin else { return nil }
        if admin.address == address { return admin.descriptor }
        close(admin.descriptor)
        return nil
    }
}

extension Inheritance {
    /// As packets, each with the descriptors that go with it.
    func packets(at now: Instant) -> [(HandoverMessage, [Int32])] {
        var packets: [(HandoverMessage, [Int32])] = []
        var sockets = self.sockets.sorted { $0.key < $1.key }.flatMap { address, all in all.map { (address, $0) } }[...]
        while !sockets.isEmpty {
            let batch = sockets.prefix(Channel.maximumDescriptors)
            sockets = sockets.dropFirst(batch.count)
            packets.append((.sockets(batch.map(\.0)), batch.map(\.1)))
        }
        if let admin { packets.append((.admin(admin.address), [admin.descriptor])) }
        if let lock { packets.append((.lock, [lock])) }
        if let ring = self.ticketKeys {
            let remaining = ring.rotatesAt.milliseconds(since: now)
            packets.append((.ticketKeys(ring.keys, rotatesInMilliseconds: remaining), []))
        }
        packets.append((.upgrades(succeeded: self.upgrades.succeeded, failed: self.upgrades.failed), []))
        packets.append((.everything(isServing: self.isServing, identity: self.identity), []))
        return packets
    }

    /// Takes one packet in. Returns whether it was the last.
    ///
    /// - Throws: when a message does not come with its descriptors, or is none that a successor gets; the descriptors
    ///   are the caller's then.
    mutating func add(_ message: HandoverMessage, _ descriptors: [Int32], at now: Instant) throws(ChannelError) -> Bool
    {
        guard descriptors.count == message.descriptorCount else {
            throw .malformed("a message came with \(descriptors.count) descriptors")
        }
        switch message {
        case .sockets(let addresses):
            for (address, descriptor) in zip(addresses, descriptors) {
                self.sockets[address, default: []].append(descriptor)
            }
        case .admin(let address): for descriptor in descriptors { self.setAdmin(descriptor, address) }
        case .lock: self.lock = descriptors.first
        case .ticketKeys(let keys, let rotatesIn):
            self.ticketKeys = TicketKeyRing(handed: keys, rotatesInMilliseconds: rotatesIn, at: now)
        case .upgrades(let succeeded, let failed): self.upgrades = UpgradeCounts(succeeded: succeeded, failed: failed)
        case .upstreams:
            for descriptor in descriptors {
                self.upstreams = try KnownUpstream.read(descriptor)
                close(descriptor)
            }
        case .keySets:
            for descriptor in descriptors {
                self.keySets = KnownKeySets(parsing: try SharedPayload.read(descriptor)) ?? KnownKeySets()
                close(descriptor)
            }
        case .everything(let isServing, let identity):
            (self.isServing, self.identity) = (isServing, identity)
            return true
        case .takeOver, .ready: throw .malformed("a message came out of turn")
        }
        return false
    }
}

extension HandoverMessage {
    fileprivate var descriptorCount: Int {
        switch self {
        case .sockets(let addresses): addresses.count
        case .admin, .lock, .upstreams, .keySets: 1
        case .ticketKeys, .upgrades, .everything, .takeOver, .ready: 0
        }
    }
}
