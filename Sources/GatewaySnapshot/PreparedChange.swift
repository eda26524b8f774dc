import GatewayModel
package import Routing

/// A compiled update that waits for its commit. It may be dropped instead, which costs nothing but memory.
package struct PreparedChange: Sendable {
    let identity: String
    let version: Int64
    let upstreams: UpstreamEdit
    /// `nil`: the listeners stay as they are.
    let listeners: ListenerSet?
    /// `nil`: certificates and policies stay as they are.
    let shared: SharedResources?
    let changedGroups: [Int]
    let uses: UseCounts
    let routes: RouteTableChange
}

extension PreparedChange {
    /// The groups that a commit will change, by slot, as they will be.
    package var groups: [Int: ListenerGroup] {
        guard let listeners = self.listeners else { return [:] }
        return Dictionary(uniqueKeysWithValues: self.changedGroups.map { ($0, listeners.groups[$0]) })
    }

    /// Which matches of these routes, which the update brings, can never be reached; to be asked before the commit.
    package func shadowedMatches(of routes: Set<String>) -> [ShadowedMatch] {
        routes.isEmpty ? [] : self.routes.shadowedMatches(of: routes)
    }

    /// Which matches can never be reached, without the update and with it: of these routes, which it brings, and of those that
    /// it leaves as they are but hides behind them; to be asked before the commit.
    package func shadowedMatches(
        of routes: Set<String>, beside gateway: Gateway
    ) -> (before: [ShadowedMatch], after: [ShadowedMatch]) {
        routes.isEmpty ? ([], []) : gateway.table.shadowedMatches(of: routes, in: self.routes)
    }

    /// The upstreams that a commit will change, by slot, as they will be; `nil`: it goes.
    package var upstreamEntries: [Int: UpstreamEntry?] { self.upstreams.entries }
}

/// What a commit changed, for those who keep state by slot. What came and what went is included.
package struct CommitSummary: Hashable, Sendable {
    package let changedUpstreams: [Int]
    package let changedGroups: [Int]
}

/// How many more or fewer routes refer to each listener and upstream.
struct UseCounts: Sendable {
    /// The counts are not differences but all there is.
    private let replacesAll: Bool
    private var counts: [ResourceKey: Int] = [:]

    init(replacesAll: Bool) { self.replacesAll = replacesAll }

    mutating func add(_ route: CompiledRoute, _ count: Int) {
        for upstream in route.upstreamNames {
            self.counts[ResourceKey(kind: .upstream, name: upstream), default: 0] += count
        }
        for listener in route.listeners {
            self.counts[ResourceKey(kind: .listener, name: listener), default: 0] += count
        }
        for policy in route.policies {
            for kind in ResourceKind.policies {
                self.counts[ResourceKey(kind: kind, name: policy), default: 0] += count
            }
        }
    }

    /// How many there are after the change.
    func count(of key: ResourceKey, after current: [ResourceKey: Int]) -> Int {
        (self.replacesAll ? 0 : current[key, default: 0]) + self.counts[key, default: 0]
    }

    func apply(to uses: inout [ResourceKey: Int]) {
        guard !self.replacesAll else { return uses = self.counts }
        for (key, difference) in self.counts {
            let count = uses[key, default: 0] + difference
            uses[key] = count == 0 ? nil : count
        }
    }
}
