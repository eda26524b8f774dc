import GatewayModel

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
        findings.restart()
        var rules = self.rules
        while let (rule, _) = rules.next() {
            switch self.verdict(of: rule, request, findings, memory) {
            case .pass: continue
            case .waits(let wait): return .waits(wait)
            case .refused(let refusal):
                guard rule.policy.observe else { return .refused(refusal) }
                findings.observed.append((policy: refusal.policy, reason: refusal.reason))
            }
        }
        return .pass
    }

    /// What one rule says, whether it only observes or not. What it asks for others to have found, such as the consumer, the
    /// findings have of the rules before it.
    package func verdict(
        of rule: AccessRule, _ request: AccessRequest, _ findings: AccessFindings, _ memory: AccessMemory
    ) -> AccessVerdict {
        rule.verdict(request, findings, memory, self.consumers)
    }

    /// The rules in the order in which they are asked.
    package var rules: AskedRules { AskedRules(listener: self.listener, route: self.route) }
}

/// The rules of a listener and of a route in one order: by phase, in a phase the listener's first. One that both name is asked
/// once, at the listener's place.
package struct AskedRules: IteratorProtocol, Sequence {
    /// Who names a rule.
    package enum Origin: Sendable { case listener, route }

    private let listener, route: [AccessRule]
    private var nextOfListener = 0
    private var nextOfRoute = 0

    init(listener: AccessPlan?, route: AccessPlan?) {
        self.listener = listener?.rules ?? []
        self.route = route?.rules ?? []
    }

    package mutating func next() -> (rule: AccessRule, origin: Origin)? {
        while self.nextOfRoute < self.route.count, self.isListeners(self.route[self.nextOfRoute]) {
            self.nextOfRoute &+= 1
        }
        let own = self.nextOfRoute < self.route.count ? self.route[self.nextOfRoute] : nil
        if self.nextOfListener < self.listener.count {
            let inherited = self.listener[self.nextOfListener]
            if own == nil || inherited.phase <= (own?.phase ?? inherited.phase) {
                self.nextOfListener &+= 1
                return (inherited, .listener)
            }
        }
        guard let own else { return nil }
        self.nextOfRoute &+= 1
        return (own, .route)
    }

    private func isListeners(_ rule: AccessRule) -> Bool { self.listener.contains { $0 === rule } }
}
