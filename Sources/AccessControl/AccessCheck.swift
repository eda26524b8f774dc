/// Asks the rules of a listener and of a route, phase by phase: within a phase first the listener's.
package struct AccessCheck {
    private let listener, route: AccessPlan?
    private let consumers: ConsumerDirectory

    /// - Parameters:
    ///   - listener: `nil` also where the route does not inherit.
    package init(listener: AccessPlan?, route: AccessPlan?, consumers: ConsumerDirectory) {
        self.listener = listener
        self.route = route
        self.consumers = consumers
    }

    /// May be asked again with the same findings: what was found out is not asked for twice.
    package func verdict(
        _ request: AccessRequest, _ findings: AccessFindings, _ memory: AccessMemory
    ) -> AccessVerdict {
        .pass
    }
}
