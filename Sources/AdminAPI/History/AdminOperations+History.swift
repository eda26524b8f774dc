import Hummingbird

extension AdminOperations {
    /// Versions, rollouts, replicas, audit, backup.
    var history: [Operation] {
        [
            Operation(
                .get, "/v1/versions", for: .role(.viewer), query: Paging.parameters,
                handler: ListVersions(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/versions/{n}", for: .role(.viewer), handler: VersionLookup(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/versions/{a}/diff/{b}", for: .role(.viewer),
                handler: CompareVersions(state: self.state).callAsFunction),
            Operation(
                .post, "/v1/versions/{n}/rollback", for: .role(.operator), query: RollBack.parameters,
                handler: RollBack(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/versions/{n}/rollout", for: .role(.viewer), query: ["wait"],
                handler: Rollout(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/audit", for: .role(.viewer), query: ListAudit.parameters,
                handler: ListAudit(state: self.state).callAsFunction),
            Operation(.get, "/v1/backup", for: .role(.admin), handler: BackUp(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/replicas", for: .role(.viewer), handler: ReplicaList(state: self.state).callAsFunction),
            Operation(
                .delete, "/v1/replicas/{id}", for: .role(.operator),
                handler: ForgetReplica(state: self.state).callAsFunction),
            Operation(
                .post, "/v1/replicas/adopt", for: .role(.operator),
                handler: AdoptReplicas(state: self.state).callAsFunction),
        ]
    }
}
