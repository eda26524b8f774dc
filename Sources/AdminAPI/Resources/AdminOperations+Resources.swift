import GatewayModel
import Hummingbird

extension AdminOperations {
    /// One resource and all of a kind.
    func operations(of kind: ResourceKind) -> [Operation] {
        let (all, one) = ("/v1/\(kind.plural)", "/v1/\(kind.plural)/{name}")
        return [
            Operation(.get, all, for: .role(.viewer), query: ListResources.parameters(of: kind)) { call in
                try await ListResources(kind: kind, state: self.state)(call)
            },
            Operation(.get, one, for: .role(.viewer)) { call in
                try await GetResource(kind: kind, state: self.state)(call)
            },
            Operation(.put, one, for: .role(.editor), query: WriteOptions.names) { call in
                try await PutResource(kind: kind, state: self.state)(call)
            },
            Operation(.patch, one, for: .role(.editor), query: WriteOptions.names) { call in
                try await PatchResource(kind: kind, state: self.state)(call)
            },
            Operation(.delete, one, for: .role(.editor), query: WriteOptions.names) { call in
                try await DeleteResource(kind: kind, state: self.state)(call)
            },
        ]
    }

    /// Whole configurations.
    var configuration: [Operation] {
        [
            Operation(
                .post, "/v1/apply", for: .role(.editor), query: ApplyConfiguration.parameters,
                handler: ApplyConfiguration(state: self.state).callAsFunction),
            Operation(
                .post, "/v1/plan", for: .role(.viewer), query: PlanConfiguration.parameters,
                handler: PlanConfiguration(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/export", for: .role(.viewer), query: ExportConfiguration.parameters,
                handler: ExportConfiguration(state: self.state).callAsFunction),
        ]
    }
}
