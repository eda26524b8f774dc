import GatewayModel

/// The query parameters that say whose configuration a body is: the same for `apply` and `plan`.
struct ApplyOptions: Sendable {
    static let names: Set<String> = ["set", "prune", "force"]

    /// The set that owns what the body brings.
    let set: String?
    let prunes: Bool
    let isForced: Bool

    init(_ query: QueryParameters) throws(Refusal) {
        self.set = query["set"]
        self.prunes = try query.flag("prune")
        self.isForced = try query.flag("force")
        if let set, !ResourceKey.isName(set) { throw QueryParameters.refusal("set", "is no name") }
        if self.prunes, self.set == nil {
            throw QueryParameters.refusal("prune", "needs `set`: it deletes what a set owned and the body lacks")
        }
    }

    /// A write of all these resources.
    func request(_ actor: Actor, action: String, _ resources: [WrittenResource]) -> WriteRequest {
        var request = WriteRequest(actor, action: action, changes: resources.map { .put($0.resource) })
        for written in resources where written.basis != nil { request.take(written) }
        request.set = self.set
        request.prunes = self.prunes
        request.isForced = self.isForced
        return request
    }
}
