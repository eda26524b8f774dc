package import AccessControl
package import Routing

/// Who answers a preflight.
package struct PreflightAnswer {
    package let rule: CORSRule
    /// The route that would take the request; `nil`: none does, and the listener's rule answers.
    package let route: Unmanaged<CompiledRoute>?
}

extension Gateway {
    /// Who answers a preflight; `nil`: it is a request like another, because no CORS policy is in force where it comes to.
    ///
    /// - Parameters:
    ///   - host: as for `find`.
    ///   - listener: the rule of the listener that takes the host.
    package func preflight(
        group: Int, host: UnsafeRawBufferPointer, _ preflight: PreflightRequest, listener: CORSRule?
    ) -> PreflightAnswer? {
        let found = self.table.find(group: group, host: host, preflight) { route in
            route._withUnsafeGuaranteedRef { $0.corsRule(listener: listener) != nil }
        }
        switch found {
        case .nobody: return nil
        case .listener: return listener.map { PreflightAnswer(rule: $0, route: nil) }
        case .route(let route):
            let rule = route._withUnsafeGuaranteedRef { $0.corsRule(listener: listener) }
            return rule.map { PreflightAnswer(rule: $0, route: route) }
        }
    }
}
