import GatewayModel
import GatewaySnapshot
import Routing
import Storage

extension LiveConfiguration {
    /// What a write that is in place, and not committed to the gateway, does to requests.
    func trafficEffects(of changes: [WriteOutcome.Change], _ prepared: PreparedChange) -> [TrafficEffect] {
        let brought = changes.filter { $0.stored != nil && $0.key.kind == .route }.map(\.key.name)
        let (before, after) = prepared.shadowedMatches(of: Set(brought), beside: self.gateway)
        let review = TrafficReview(
            before: ConfigurationView(
                self.configuration,
                replaced: Dictionary(uniqueKeysWithValues: changes.map { ($0.key, $0.before?.resource) }),
                shadowed: before),
            after: ConfigurationView(self.configuration, replaced: [:], shadowed: after))
        return review.effects(of: changes.map(\.key)) + self.routesMadePublic(by: changes)
    }
}

/// Compares how requests fare before and after a change. Looks at what changed and at the routes that refer to it; at all routes
/// only when listeners change which hosts they take or how.
private struct TrafficReview {
    let before: ConfigurationView
    let after: ConfigurationView

    func effects(of changed: [ResourceKey]) -> [TrafficEffect] {
        let listeners = changed.filter { $0.kind == .listener }.sorted()
        let routes = self.routes(concernedBy: changed).sorted()
        return listeners.flatMap { self.listenerEffects($0) } + routes.flatMap { self.routeEffects($0) }
    }

    private func routes(concernedBy changed: [ResourceKey]) -> Set<ResourceKey> {
        let configuration = self.after.configuration
        if changed.contains(where: self.changesReach) {
            return Set(configuration.resources.keys.lazy.filter { $0.kind == .route }).union(
                changed.filter { $0.kind == .route })
        }
        var routes = Set(self.after.shadowedBy.keys.map { ResourceKey(kind: .route, name: $0) })
        for key in changed {
            if key.kind == .route { routes.insert(key) }
            routes.formUnion(configuration.referrers(of: key).filter { $0.kind == .route })
        }
        return routes
    }

    /// Whether a changed listener takes other requests than before.
    private func changesReach(_ key: ResourceKey) -> Bool {
        guard key.kind == .listener else { return false }
        let (old, new) = (self.before.listener(key), self.after.listener(key))
        guard let old else { return false }
        return old.hostnames != new?.hostnames || old.proto != new?.proto || old.address != new?.address
            || old.port != new?.port
    }

    private func listenerEffects(_ key: ResourceKey) -> [TrafficEffect] {
        guard let old = self.before.listener(key) else { return [] }
        let place = old.address.authority(port: old.port)
        guard let new = self.after.listener(key) else {
            return [TrafficEffect(code: .listenerCloses, key: key, detail: "it served \(place)")]
        }
        var effects: [TrafficEffect] = []
        let newPlace = new.address.authority(port: new.port)
        if newPlace != place {
            effects.append(TrafficEffect(code: .listenerMoves, key: key, detail: "from \(place) to \(newPlace)"))
        }
        if new.proto != old.proto {
            let detail = "\(newPlace) speaks \(new.proto.rawValue) and no longer \(old.proto.rawValue)"
            effects.append(TrafficEffect(code: .protocolChanges, key: key, detail: detail))
        }
        return effects
    }

    private func routeEffects(_ key: ResourceKey) -> [TrafficEffect] {
        guard let old = self.before.route(key) else { return [] }
        guard let new = self.after.route(key) else {
            return [TrafficEffect(code: .noLongerServed, key: key, detail: "it served \(old.places)")]
        }
        var effects: [TrafficEffect] = []
        if self.before.obstacle(of: old) == nil, let obstacle = self.after.obstacle(of: new) {
            effects.append(TrafficEffect(code: .unreachable, key: key, detail: obstacle))
        } else {
            effects += self.losses(of: key, old, new)
        }
        if let detail = new.move(from: old) { effects.append(TrafficEffect(code: .moves, key: key, detail: detail)) }
        return effects
    }

    /// What a route that goes on taking some requests takes no more.
    private func losses(of key: ResourceKey, _ old: Route, _ new: Route) -> [TrafficEffect] {
        var effects: [TrafficEffect] = []
        let lost = self.lostHosts(old, new) + old.lostPaths(in: new)
        if !lost.isEmpty {
            let detail = "it no longer serves \(lost.shortened)"
            effects.append(TrafficEffect(code: .noLongerServed, key: key, detail: detail))
        }
        let hidden = self.after.shadowedBy[new.name] ?? [:]
        for (match, by) in hidden.sorted(by: { $0.key < $1.key })
        where self.before.shadowedBy[new.name]?[match] == nil && old.matches.indices.contains(match) {
            let place = new.matches.indices.contains(match) ? new.matches[match].path.shown : "a match"
            let detail = "route \(by) takes all that \(place) (/matches/\(match)) could"
            effects.append(TrafficEffect(code: .partlyUnreachable, key: key, detail: detail))
        }
        return effects
    }

    private func lostHosts(_ old: Route, _ new: Route) -> [String] {
        let hadBefore = Set(self.before.coverage.hostsOutOfReach(of: old))
        let lacks = Set(self.after.coverage.hostsOutOfReach(of: new))
        if old.hostnames.isEmpty, !new.hostnames.isEmpty { return ["other hosts than \(new.hosts)"] }
        let kept = new.hostnames.isEmpty ? old.hostnames : new.hostnames.filter { !lacks.contains($0) }
        return old.hostnames.filter { host in
            !hadBefore.contains(host) && !kept.contains { $0.covers(host) }
        }.map(\.text)
    }
}
