import GatewayModel

extension JSON {
    /// With the keys that were made for one consumer: `{"apiKeys": {"k1": "slk_…"}}`.
    ///
    /// - Parameter isDryRun: nothing is stored, and the keys, which are lost, are not shown: `null` stands for each.
    func withGenerated(_ outcome: WriteOutcome, of key: ResourceKey, _ isDryRun: Bool) -> JSON {
        guard let keys = outcome.generated[key], case .object(var members) = self else { return self }
        members["generated"] = Self.keys(keys, isDryRun)
        return .object(members)
    }

    /// With the keys that were made for consumers: `[{"kind", "name", "apiKeys": {…}}]`.
    func withGenerated(_ outcome: WriteOutcome, _ isDryRun: Bool) -> JSON {
        guard !outcome.generated.isEmpty, case .object(var members) = self else { return self }
        members["generated"] = .array(
            outcome.generated.sorted { $0.key < $1.key }.map { key, keys in
                var made: JSONObject = ["kind": .string(key.kind.rawValue), "name": .string(key.name)]
                made["apiKeys"] = Self.keys(keys, isDryRun)["apiKeys"]
                return .object(made)
            })
        return .object(members)
    }

    private static func keys(_ keys: [String: String], _ isDryRun: Bool) -> JSON {
        var shown = JSONObject()
        for (id, key) in keys.sorted(by: { $0.key < $1.key }) { shown[id] = .some(isDryRun ? .null : .string(key)) }
        return .object(["apiKeys": .object(shown)])
    }
}
