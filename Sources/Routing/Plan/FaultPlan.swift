package import GatewayModel

/// The faults that are made of requests on purpose: of all policies that a route or a listener names.
// Justified: nothing changes after init; the raw memory it owns hides that from the compiler.
package final class FaultPlan: @unchecked Sendable {
    package let policies: [FaultPolicy]
    /// For requests: reading it counts no reference.
    package let rules: UnsafeBufferPointer<FaultPolicy>
    private let memory: PlanMemory

    /// - Returns: `nil` for no policies.
    package init?(_ policies: [FaultPolicy]) {
        guard !policies.isEmpty else { return nil }
        var memory = PlanMemory()
        let rules = memory.room(for: policies.count, of: FaultPolicy.self)
        _ = rules.initialize(from: policies)
        self.policies = policies
        self.rules = UnsafeBufferPointer(rules)
        self.memory = memory
    }
}

extension FaultPlan: Hashable {
    package static func == (left: FaultPlan, right: FaultPlan) -> Bool {
        left === right || left.policies == right.policies
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.policies) }
}
