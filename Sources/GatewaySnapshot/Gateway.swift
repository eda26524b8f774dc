package import AccessControl
package import ControlProtocol
package import Firewall
import GatewayModel
package import Routing

/// One compiled configuration, changed in place by the commits of prepared updates.
///
/// One thread serves from it while another prepares an update; `commit` runs on the serving thread when nobody prepares,
/// and a prepared change is committed or dropped before the next is prepared. The owner keeps this order.
// Justified: the order above keeps the serving and the preparing thread apart; a lock would stand on every request.
package final class Gateway: @unchecked Sendable {
    /// Of the configuration's history; empty before the first commit.
    package private(set) var identity = ""
    /// 0 before the first commit.
    package private(set) var version: Int64 = 0
    /// By slot; `nil`: the upstream went. A name keeps its slot for as long as the gateway lives, because requests in
    /// flight hold slots across commits.
    package private(set) var upstreams: [UpstreamEntry?] = []
    private(set) var upstreamSlots: [String: Int] = [:]
    private(set) var listeners = ListenerSet()
    private(set) var shared: SharedResources
    let firewall: FirewallLibrary
    /// How many routes refer to a listener or an upstream.
    private(set) var uses: [ResourceKey: Int] = [:]
    let table = RouteTable()

    /// Serves nothing, at version 0.
    ///
    /// - Parameter firewall: what policies of type `waf` are compiled from.
    package init(firewall: FirewallLibrary = .checking) {
        self.firewall = firewall
        self.shared = SharedResources(firewall)
    }

    /// The slot of an upstream that is in force.
    package func slot(ofUpstream name: String) -> Int? {
        guard let slot = self.upstreamSlots[name], self.upstreams[slot] != nil else { return nil }
        return slot
    }

    /// The auth policies and consumers in force.
    package var access: AccessResources { self.shared.access }

    /// By slot, which an address and port keep for as long as the gateway lives.
    package var groups: [ListenerGroup] { self.listeners.groups }

    /// The route that takes a request; see `RouteTable.find`.
    @inline(__always)
    package func find(group: Int, host: UnsafeRawBufferPointer, _ request: RouteRequest) -> RouteLookup {
        self.table.find(group: group, host: host, request)
    }

    /// The route for what has a path alone, such as a connection: it meets no other condition.
    package func find(
        group: Int, host: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer
    ) -> Unmanaged<CompiledRoute>? {
        self.table.find(group: group, host: host, RouteRequest(path: path)).route
    }

    /// The place within its group of the listener that takes a host; `nil` when none does.
    ///
    /// - Parameter host: lower-case, without port and final dot; empty when there is none.
    package func listener(group: Int, host: UnsafeRawBufferPointer) -> Int? {
        self.table.listener(group: group, host: host)
    }

    /// Compiles an update beside what is in force. Costs what changes: only an update of listeners looks at all of them,
    /// and only a full one at everything.
    ///
    /// The digest is not checked here: that is `SnapshotContent`'s, once for all processes of a replica.
    ///
    /// - Throws: when the update does not continue what is in force, refers to what is not there, leaves a reference to
    ///   what it deletes, or has listeners in conflict.
    package func prepare(_ update: SnapshotUpdate) throws(SnapshotRejected) -> PreparedChange {
        try self.checkOrder(of: update)
        var draft = SnapshotDraft(self, update)
        return try draft.compile()
    }

    /// As `prepare`, for what leads back from a change that was put in force too early to the version before it.
    package func prepare(takingBack update: SnapshotUpdate) throws(SnapshotRejected) -> PreparedChange {
        var draft = SnapshotDraft(self, update)
        return try draft.compile()
    }

    private func checkOrder(of update: SnapshotUpdate) throws(SnapshotRejected) {
        if let from = update.from {
            guard update.identity == self.identity, from == self.version, update.version > from else {
                throw SnapshotRejected(
                    "a change from version \(from) to \(update.version) does not continue version \(self.version)")
            }
        } else if update.identity == self.identity, update.version < self.version {
            throw SnapshotRejected("version \(update.version) is older than version \(self.version), which is served")
        }
    }

    /// Puts a prepared change in force, in the time that the change takes.
    package func commit(_ change: PreparedChange) -> CommitSummary {
        self.identity = change.identity
        self.version = change.version
        let missing = change.upstreams.slotCount - self.upstreams.count
        if missing > 0 { self.upstreams += Array(repeating: nil, count: missing) }
        for (slot, entry) in change.upstreams.entries { self.upstreams[slot] = entry }
        self.upstreamSlots.merge(change.upstreams.newSlots) { $1 }
        if let listeners = change.listeners { self.listeners = listeners }
        if let shared = change.shared { self.shared = shared }
        change.uses.apply(to: &self.uses)
        self.table.commit(change.routes)
        return CommitSummary(
            changedUpstreams: change.upstreams.entries.keys.sorted(), changedGroups: change.changedGroups)
    }
}
