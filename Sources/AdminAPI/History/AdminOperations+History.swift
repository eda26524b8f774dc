import Hummingbird

extension AdminOperations {
    /// Versions, rollouts, replicas, audit, backup.
    var history: [Operation] {
        [
            Operation(
                .get, "/v1/versions/latest", for: .role(.viewer),
                handler: LatestVersion(state: self.state).callAsFunction),
            Operation(
                .get, "/v1/replicas", for: .role(.viewer), handler: ReplicaList(state: self.state).callAsFunction),
        ]
    }
}
