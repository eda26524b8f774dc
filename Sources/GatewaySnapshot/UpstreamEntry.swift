package import GatewayModel

/// An upstream in its slot, with the certificates it refers to.
package struct UpstreamEntry: Hashable, Sendable {
    package let upstream: Upstream
    package let authorities: [Certificate]
    package let clientCertificate: Certificate?

    /// - Parameter shared: dangling references were refused.
    init(_ upstream: Upstream, _ shared: SharedResources) {
        self.upstream = upstream
        self.authorities = (upstream.tls?.authorities ?? []).compactMap { shared.certificates[$0] }
        self.clientCertificate = upstream.tls?.clientCertificate.flatMap { shared.certificates[$0] }
    }

    func refers(toAny names: Set<String>) -> Bool {
        guard let tls = self.upstream.tls else { return false }
        return tls.authorities.contains { names.contains($0) } || tls.clientCertificate.map(names.contains) ?? false
    }
}

/// What a change does to upstreams, beside the slots that are in force.
struct UpstreamEdit: Sendable {
    /// Of upstreams that are new to the gateway.
    private(set) var newSlots: [String: Int] = [:]
    /// By slot; `nil`: the upstream goes.
    private(set) var entries: [Int: UpstreamEntry?] = [:]
    /// How many slots there are after the change.
    private(set) var slotCount: Int

    init(slotCount: Int) { self.slotCount = slotCount }

    mutating func set(_ entry: UpstreamEntry, slot known: Int?) {
        let slot = known ?? self.newSlots[entry.upstream.name] ?? self.slotCount
        if slot == self.slotCount {
            self.newSlots[entry.upstream.name] = slot
            self.slotCount += 1
        }
        self.entries[slot] = .some(entry)
    }

    mutating func remove(slot: Int) { self.entries[slot] = .some(nil) }

    /// Forgets what comes out as it was.
    mutating func dropUnchanged(from current: [UpstreamEntry?]) {
        self.entries = self.entries.filter { slot, entry in
            slot < current.count ? current[slot] != entry : entry != nil
        }
    }
}
