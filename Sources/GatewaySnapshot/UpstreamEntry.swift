package import GatewayModel

/// An upstream in its slot.
package struct UpstreamEntry: Hashable, Sendable {
    package let upstream: Upstream
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

    mutating func set(_ upstream: Upstream, slot known: Int?) {
        let slot = known ?? self.newSlots[upstream.name] ?? self.slotCount
        if slot == self.slotCount {
            self.newSlots[upstream.name] = slot
            self.slotCount += 1
        }
        self.entries[slot] = .some(UpstreamEntry(upstream: upstream))
    }

    mutating func remove(slot: Int) { self.entries[slot] = .some(nil) }

    /// Forgets what comes out as it was.
    mutating func dropUnchanged(from current: [UpstreamEntry?]) {
        self.entries = self.entries.filter { slot, entry in
            slot < current.count ? current[slot] != entry : entry != nil
        }
    }
}
