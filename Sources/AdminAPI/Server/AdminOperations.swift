import Documents
import GatewayModel
import Hummingbird

/// Every operation of the admin API in the order of the contract; each area lists its own.
struct AdminOperations {
    let state: ControlState
    let metrics: AdminMetrics
    let authority: TokenAuthority
    let logs: LogRing
    /// `nil`: there is no page.
    let documentation: Documentation?

    func table() throws(DocumentError) -> OperationTable {
        let contract = try Contract()
        let resources = ResourceKind.allCases.flatMap(self.operations(of:))
        return OperationTable(
            operations: resources + self.configuration + self.history + self.tokens + self.dataPlane
                + self.observing(contract) + self.docs)
    }

    private var dataPlane: [Operation] {
        [
            Operation(
                .get, "/v1/data-plane/snapshot", for: .role(.worker), query: SnapshotPoll.parameters,
                handler: SnapshotPoll(state: self.state).callAsFunction),
            Operation(
                .post, "/v1/data-plane/replicas/{id}/status", for: .role(.worker),
                handler: StatusReport(state: self.state).callAsFunction),
        ]
    }

    private func observing(_ contract: Contract) -> [Operation] {
        [
            Operation(
                .get, "/v1/upstreams/{name}/health", for: .role(.viewer),
                handler: UpstreamHealthReport(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/waf/events", for: .role(.editor), query: ReadFirewallEvents.parameters,
                handler: ReadFirewallEvents(ring: self.state.firewallEvents).callAsFunction),
            Operation(.post, "/v1/explain", for: .role(.viewer), handler: Explain(state: self.state).callAsFunction),
            Operation(
                .post, "/v1/diagnose/cors", for: .role(.viewer),
                handler: DiagnoseCORS(state: self.state).callAsFunction),
            Operation(.get, "/livez", for: .open, handler: Liveness().callAsFunction),
            Operation(
                .get, "/readyz", for: .open, query: ["verbose"], handler: Readiness(state: self.state).callAsFunction),
            Operation(.get, "/metrics", for: .open) { _ in
                let text = self.metrics.text(replicas: await self.state.replicaCounts())
                return Response(text: text, type: "text/plain; version=0.0.4; charset=utf-8")
            },
            Operation(.get, "/v1/openapi.json", for: .open, handler: contract.callAsFunction),
        ]
    }
}
