import GatewayModel
import Routing
import Storage

extension LiveConfiguration {
    /// Routes that keep fewer out than before a write that is in place: whose callers had to be known and need not any more, or
    /// which only addresses or rules guarded that are no more, at the route or at one of its listeners.
    ///
    /// Looks at what changed, at routes that refer to it, and at all routes only when a listener changed, or a policy that one
    /// names; at nothing where no auth policy is or was.
    func routesMadePublic(by changes: [WriteOutcome.Change]) -> [TrafficEffect] {
        let removed = changes.contains { $0.key.kind == .authPolicy && $0.stored == nil }
        guard removed || self.counts[.authPolicy, default: 0] > 0 else { return [] }
        let routes = self.routes(whoseAccessChangesWith: changes)
        guard !routes.isEmpty else { return [] }
        let before = ConfigurationView(
            self.configuration,
            replaced: Dictionary(changes.map { ($0.key, $0.before?.resource) }) { $1 }, shadowed: [])
        let after = ConfigurationView(self.configuration, replaced: [:], shadowed: [])
        return routes.sorted().compactMap { key in
            guard let old = before.route(key), let new = after.route(key) else { return nil }
            let (earlier, later) = (before.protection(of: old), after.protection(of: new))
            guard later < earlier else { return nil }
            let change =
                earlier == .strangers
                ? "callers need not be known any more" : "neither address nor rule keeps anybody out any more"
            return TrafficEffect(code: .becomesPublic, key: key, detail: "\(change): \(new.places)")
        }
    }

    private func routes(whoseAccessChangesWith changes: [WriteOutcome.Change]) -> Set<ResourceKey> {
        var routes: Set<ResourceKey> = []
        for key in changes.map(\.key) {
            switch key.kind {
            case .route: routes.insert(key)
            case .listener: return self.allRoutes
            case .authPolicy:
                let referrers = self.configuration.referrers(of: key)
                if referrers.contains(where: { $0.kind == .listener }) { return self.allRoutes }
                routes.formUnion(referrers.filter { $0.kind == .route })
            case .upstream, .certificate, .trafficPolicy, .consumer: continue
            }
        }
        return routes
    }

    private var allRoutes: Set<ResourceKey> {
        Set(self.configuration.resources.keys.lazy.filter { $0.kind == .route })
    }
}

extension [TrafficEffect] {
    /// For the audit: `makes public: route/shop, route/cart`.
    var auditText: String? {
        self.isEmpty ? nil : "makes public: " + self.map { "\($0.key.kind.rawValue)/\($0.key.name)" }.shortened
    }
}
