import GatewayModel
import Storage

extension VersionRecord {
    var json: JSON {
        var counts = JSONObject()
        for kind in ResourceKind.allCases { counts[kind.plural] = .integer(Int64(self.counts[kind] ?? 0)) }
        return .object([
            "number": .integer(self.number),
            "digest": .string(self.digest),
            "author": .string(self.author),
            "message": self.message.map(JSON.string) ?? .null,
            "createdAt": .string(self.createdAt.text),
            "parent": self.parent.map(JSON.integer) ?? .null,
            "rollbackOf": self.rollbackOf.map(JSON.integer) ?? .null,
            "counts": .object(counts),
        ])
    }
}
