import Documents
import GatewayModel
import Hummingbird

/// Every operation of the admin API in the order of the contract.
struct AdminOperations {
    let state: ControlState
    let metrics: AdminMetrics

    func table() throws(DocumentError) -> OperationTable {
        let contract = try Contract()
        let resources = ResourceKind.allCases.flatMap(self.operations(of:))
        return OperationTable(operations: resources + self.whole + self.dataPlane + self.observing(contract))
    }

    private func operations(of kind: ResourceKind) -> [Operation] {
        let (all, one) = ("/v1/\(kind.plural)", "/v1/\(kind.plural)/{name}")
        return [
            Operation(.get, all, query: ListResources.parameters) { call in
                try await ListResources(kind: kind, state: self.state)(call)
            },
            Operation(.get, one) { call in try await GetResource(kind: kind, state: self.state)(call) },
            Operation(.put, one, query: WriteOptions.names) { call in
                try await PutResource(kind: kind, state: self.state)(call)
            },
            Operation(.delete, one, query: WriteOptions.names) { call in
                try await DeleteResource(kind: kind, state: self.state)(call)
            },
        ]
    }

    private var whole: [Operation] {
        [
            Operation(
                .post, "/v1/apply", query: ApplyConfiguration.parameters,
                handler: ApplyConfiguration(state: self.state).callAsFunction),
            Operation(.get, "/v1/versions/latest", handler: LatestVersion(state: self.state).callAsFunction),
            Operation(.get, "/v1/replicas", handler: ReplicaList(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/upstreams/{name}/health", handler: UpstreamHealthReport(state: self.state).callAsFunction),
            Operation(.post, "/v1/explain", handler: Explain(state: self.state).callAsFunction),
        ]
    }

    private var dataPlane: [Operation] {
        [
            Operation(
                .get, "/v1/data-plane/snapshot", query: SnapshotPoll.parameters,
                handler: SnapshotPoll(state: self.state).callAsFunction),
            Operation(
                .post, "/v1/data-plane/replicas/{id}/status", handler: StatusReport(state: self.state).callAsFunction),
        ]
    }

    private func observing(_ contract: Contract) -> [Operation] {
        [
            Operation(.get, "/livez", handler: Liveness().callAsFunction),
            Operation(.get, "/readyz", query: ["verbose"], handler: Readiness(state: self.state).callAsFunction),
            Operation(.get, "/metrics") { _ in
                let text = self.metrics.text(replicas: await self.state.replicaCounts())
                return Response(text: text, type: "text/plain; version=0.0.4; charset=utf-8")
            },
            Operation(.get, "/v1/openapi.json", handler: contract.callAsFunction),
        ]
    }
}
