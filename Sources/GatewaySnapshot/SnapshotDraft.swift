import AccessControl
import ControlProtocol
import GatewayModel
import Patterns
import Routing

/// An update while it is compiled: what the gateway would have, and what is wrong with that.
struct SnapshotDraft {
    private let gateway: Gateway
    private let update: SnapshotUpdate
    private let affinity: AffinityKey
    private var upstreams: UpstreamEdit
    private var listeners: ListenerSet
    private var shared: SharedResources
    private var changedListeners: Set<ResourceKey> = []
    private var changedShared: Set<ResourceKey> = []
    private var removed: [ResourceKey] = []
    private var routes: [CompiledRoute] = []
    private var removedRoutes: [String] = []
    private var patterns = PatternPool()
    private var uses: UseCounts
    private var faults: [(key: ResourceKey?, message: String)] = []

    private var isFull: Bool { self.update.from == nil }

    init(_ gateway: Gateway, _ update: SnapshotUpdate) {
        self.gateway = gateway
        self.update = update
        self.affinity = AffinityKey(identity: update.identity)
        self.upstreams = UpstreamEdit(slotCount: gateway.upstreams.count)
        self.listeners = gateway.listeners
        self.shared = gateway.shared
        self.uses = UseCounts(replacesAll: update.from == nil)
    }

    mutating func compile() throws(SnapshotRejected) -> PreparedChange {
        if self.isFull { self.clear() } else { self.applyDeletes() }
        self.applyShared()
        if self.isFull || self.changedShared.contains(where: { $0.kind == .consumer }) { self.shared.finishConsumers() }
        self.applyListenersAndUpstreams()
        self.renewUpstreams()
        self.compileRoutes()
        self.recompileRoutes()
        self.checkRemoved()
        self.checkListeners()
        guard self.faults.isEmpty else { throw SnapshotRejected(resources: self.faults) }
        return self.prepared()
    }

    /// A full update starts from nothing; slots stay.
    private mutating func clear() {
        for slot in self.gateway.upstreams.indices { self.upstreams.remove(slot: slot) }
        self.listeners.removeAll()
        self.shared = SharedResources(self.gateway.firewall)
    }

    private mutating func applyShared() {
        for entry in self.update.upserts {
            switch entry.resource.spec {
            case .certificate, .authPolicy, .trafficPolicy, .consumer:
                if let fault = self.shared.set(entry.resource) { self.faults.append((entry.resource.key, fault)) }
                self.changedShared.insert(entry.resource.key)
            case .listener, .upstream, .route: break
            }
        }
    }

    /// Those that refer to a certificate that changed take the new one.
    private mutating func renewUpstreams() {
        let names = Set(self.changedShared.lazy.filter { $0.kind == .certificate }.map(\.name))
        guard !self.isFull, !names.isEmpty else { return }
        for (slot, entry) in self.gateway.upstreams.enumerated() {
            guard let entry, entry.refers(toAny: names), self.upstreams.entries[slot] == nil else { continue }
            self.upstreams.set(UpstreamEntry(entry.upstream, self.shared), slot: slot)
        }
    }

    /// Those that refer to a policy that changed are compiled with the new one.
    private mutating func recompileRoutes() {
        let names = Set(self.changedShared.lazy.filter { ResourceKind.policies.contains($0.kind) }.map(\.name))
        guard !self.isFull, !names.isEmpty else { return }
        let known = Set(self.routes.map(\.name)).union(self.removedRoutes)
        for route in self.gateway.table.routes(withAnyPolicy: names) where !known.contains(route.name) {
            self.routes.append(route.with(self.shared.plans(route.policies, inherits: route.inherits)))
        }
    }

    private mutating func applyDeletes() {
        for key in self.update.deletes {
            self.removed.append(key)
            switch key.kind {
            case .listener:
                self.listeners.set(nil, for: key.name)
                self.changedListeners.insert(key)
            case .upstream:
                if let slot = self.gateway.upstreamSlots[key.name] { self.upstreams.remove(slot: slot) }
            case .certificate, .authPolicy, .trafficPolicy, .consumer:
                self.shared.remove(key)
                self.changedShared.insert(key)
            case .route:
                self.removedRoutes.append(key.name)
                if let route = self.gateway.table[route: key.name] { self.uses.add(route, -1) }
            }
        }
    }

    private mutating func applyListenersAndUpstreams() {
        for entry in self.update.upserts {
            switch entry.resource.spec {
            case .listener(let listener):
                self.listeners.set(entry.resource, for: listener.name)
                self.changedListeners.insert(entry.resource.key)
            case .upstream(let upstream):
                self.upstreams.set(
                    UpstreamEntry(upstream, self.shared), slot: self.gateway.upstreamSlots[upstream.name])
                self.checkReferences(of: upstream, entry.resource.key)
            case .route, .certificate, .authPolicy, .trafficPolicy, .consumer: break
            }
        }
    }

    private mutating func checkReferences(of upstream: Upstream, _ key: ResourceKey) {
        let names = (upstream.tls?.authorities ?? []) + (upstream.tls?.clientCertificate.map { [$0] } ?? [])
        for name in names where self.shared.certificates[name] == nil {
            self.faults.append((key, "there is no certificate \(name)"))
        }
    }

    private mutating func compileRoutes() {
        for entry in self.update.upserts {
            guard case .route(let route) = entry.resource.spec else { continue }
            for listener in route.listeners where self.listeners.resources[listener] == nil {
                self.faults.append((entry.resource.key, "there is no listener \(listener)"))
            }
            let names = route.upstreamNames
            let missing = names.filter { self.slot(ofUpstream: $0) == nil }
            guard missing.isEmpty else {
                self.faults += missing.map { (entry.resource.key, "there is no upstream \($0)") }
                continue
            }
            for policy in route.policies where !self.shared.hasPolicy(policy) {
                self.faults.append((entry.resource.key, "there is no policy \(policy)"))
            }
            let slots = Dictionary(names.compactMap { name in self.slot(ofUpstream: name).map { (name, $0) } }) { $1 }
            let old = self.isFull ? nil : self.gateway.table[route: route.name]
            let compiled = CompiledRoute(
                route, order: entry.order,
                upstream: route.forward.first.flatMap { slots[$0.upstream] } ?? -1,
                plan: self.plan(of: route, entry.resource.key, slots),
                policies: self.shared.plans(route.policies, inherits: route.inherits),
                patterns: self.patterns(of: route, entry.resource.key, known: old?.patterns))
            if let old { self.uses.add(old, -1) }
            self.uses.add(compiled, 1)
            self.routes.append(compiled)
        }
    }

    private mutating func plan(of route: Route, _ key: ResourceKey, _ slots: [String: Int]) -> RoutePlan? {
        do throws(PatternError) {
            let affinity = self.affinity
            return try RoutePlan(
                route, slot: { slots[$0] ?? -1 },
                token: { affinity.token(route: route.name, upstream: $0, place: $1) }, patterns: &self.patterns)
        } catch {
            // Those say where; compiled again only here, where one is known to be wrong.
            self.faults += route.rewriteFaults.map { (key, "\($0.pointer): \($0.detail)") }
            return nil
        }
    }

    private mutating func patterns(of route: Route, _ key: ResourceKey, known: RoutePatterns?) -> RoutePatterns? {
        do throws(PatternError) {
            return try self.patterns.patterns(of: route, known: known)
        } catch {
            self.faults.append((key, "a regular expression does not compile: \(error.message) at \(error.offset)"))
            return nil
        }
    }

    /// `nil` when the upstream is not there after the change.
    private func slot(ofUpstream name: String) -> Int? {
        guard let slot = self.gateway.upstreamSlots[name] ?? self.upstreams.newSlots[name] else { return nil }
        if let entry = self.upstreams.entries[slot] { return entry == nil ? nil : slot }
        return slot < self.gateway.upstreams.count && self.gateway.upstreams[slot] != nil ? slot : nil
    }

    private mutating func checkRemoved() {
        for key in self.removed where key.kind != .route && key.kind != .consumer {
            if ResourceKind.policies.contains(key.kind), self.shared.hasPolicy(key.name) { continue }
            let count = self.uses.count(of: key, after: self.gateway.uses)
            if count > 0 { self.faults.append((key, "it is deleted, but \(count) routes refer to it")) }
        }
        self.checkRemovedCertificates()
    }

    private mutating func checkRemovedCertificates() {
        let names = Set(self.removed.lazy.filter { $0.kind == .certificate }.map(\.name))
        guard !names.isEmpty else { return }
        for (slot, entry) in self.gateway.upstreams.enumerated() {
            guard let entry = self.upstreams.entries[slot] ?? entry, entry.refers(toAny: names) else { continue }
            let key = ResourceKey(kind: .upstream, name: entry.upstream.name)
            self.faults.append((key, "a certificate that it refers to is deleted"))
        }
    }

    private mutating func checkListeners() {
        guard !self.changedListeners.isEmpty || !self.changedShared.isEmpty else { return }
        var configuration = Configuration()
        for resource in self.listeners.resources.values { configuration.set(resource) }
        for resource in self.shared.resources.values where resource.key.kind != .consumer {
            configuration.set(resource)
        }
        // What stays of these two does not refer to anything that is here.
        let changed = self.changedShared.filter { key in
            key.kind != .consumer && (key.kind != .authPolicy || self.shared.resources[key] == nil)
        }
        for (key, fault) in configuration.check(changed: self.changedListeners.union(changed)) {
            self.faults.append((key, fault.detail))
        }
    }

    private mutating func prepared() -> PreparedChange {
        self.upstreams.dropUnchanged(from: self.gateway.upstreams)
        let regroups = self.isFull || !self.changedListeners.isEmpty || !self.changedShared.isEmpty
        let changedGroups = regroups ? self.listeners.regroup(self.shared) : []
        let groups = changedGroups.isEmpty ? nil : self.listeners.groups.map(\.routeListeners)
        let change = self.gateway.table.prepare(
            upserts: self.routes, removes: self.removedRoutes, groups: groups, replacesAll: self.isFull)
        return PreparedChange(
            identity: self.update.identity, version: self.update.version, upstreams: self.upstreams,
            listeners: changedGroups.isEmpty ? nil : self.listeners,
            shared: self.isFull || !self.changedShared.isEmpty ? self.shared : nil, changedGroups: changedGroups,
            uses: self.uses,
            routes: change)
    }
}
