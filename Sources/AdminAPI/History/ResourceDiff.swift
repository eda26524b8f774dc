import GatewayModel
import Storage

/// A resource that is not the same at two moments, as versions and plans show it.
enum ResourceDiff {
    /// The differences of the documents, and of what `meta` says: the set, and when a resource that was deleted and made
    /// again was made.
    static func fields(_ before: StoredResource?, _ after: StoredResource?) -> [JSON] {
        let secrets = (after ?? before)?.key.kind.secretFields ?? []
        var fields = FieldDiff.between(
            before?.resource.document, after?.resource.document, secretFields: secrets)
        guard let before, let after else { return fields }
        fields += FieldDiff.between(Self.meta(before, beside: after), Self.meta(after, beside: before))
        return fields
    }

    /// `{"kind", "name", "change", "diff"}`
    static func json(_ difference: StoredDifference) -> JSON {
        [
            "kind": .string(difference.key.kind.rawValue), "name": .string(difference.key.name),
            "change": .string(Self.change(difference)),
            "diff": .array(Self.fields(difference.before, difference.after)),
        ]
    }

    private static func change(_ difference: StoredDifference) -> String {
        if difference.before == nil { return WriteOutcome.Effect.created.rawValue }
        return (difference.after == nil ? WriteOutcome.Effect.deleted : .updated).rawValue
    }

    private static func meta(_ stored: StoredResource, beside other: StoredResource) -> JSON {
        var meta: JSONObject = ["set": stored.owner.map(JSON.string) ?? .null]
        if stored.order != other.order { meta["createdAt"] = .string(stored.createdAt.text) }
        return ["meta": .object(meta)]
    }
}
