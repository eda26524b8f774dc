import Certificates
import GatewayModel
import GatewaySnapshot
import Storage

extension LiveConfiguration {
    /// What a write that is in place brings and can hardly be meant.
    ///
    /// - Parameter prepared: `nil` when the write changes nothing.
    func warnings(
        about changes: [WriteOutcome.Change], of request: WriteRequest, _ prepared: PreparedChange?, at now: Timestamp
    ) -> [WriteWarning] {
        let stored = changes.filter { $0.stored != nil }
        let effective = stored.filter { $0.effect != .unchanged }.map(\.key)
        let routes = Set(effective.lazy.filter { $0.kind == .route }.map(\.name))
        var warnings = (prepared?.shadowedMatches(of: routes) ?? []).map { WriteWarning($0) }
        // A certificate ends whether or not it is changed, and whoever applies it again and again wants to hear of it.
        for case let resource? in stored.map(\.stored?.resource) where resource.key.kind == .certificate {
            warnings += resource.certificateWarnings(at: now.milliseconds / 1000).map { WriteWarning(resource.key, $0) }
        }
        for case let resource? in stored.map(\.stored?.resource) where resource.key.kind == .authPolicy {
            warnings += resource.insecureURLFaults.map { WriteWarning(resource.key, $0) }
        }
        let asked = request.isWhole ? effective : effective.filter { $0.kind == .route || $0.kind == .certificate }
        warnings += self.configuration.warnings(about: asked + Self.certificatesLeft(by: changes))
            .map { WriteWarning($0, $1) }
        warnings += self.routesMadePublic(by: changes.filter { $0.effect != .unchanged }).map { WriteWarning($0) }
        return Array(warnings.prefix(WriteWarning.limit))
    }

    /// Certificates that something referred to before.
    private static func certificatesLeft(by changes: [WriteOutcome.Change]) -> [ResourceKey] {
        let changed = Set(changes.lazy.filter { $0.effect != .unchanged }.map(\.key))
        let left = changes.lazy.filter { $0.effect != .unchanged && $0.key.kind != .route }
            .flatMap { $0.before?.resource.spec.references ?? [] }.map(\.key)
            .filter { $0.kind == .certificate && !changed.contains($0) }
        return Set(left).sorted()
    }
}

extension WriteRequest {
    /// It is about a configuration and not about one resource, which others may come to refer to by the next call.
    fileprivate var isWhole: Bool { self.subject == nil }
}
