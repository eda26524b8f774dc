import GatewayModel
import Storage

/// The names of each kind in order, for listing; sorted again only when a list is read after names came or went.
struct NameIndex {
    private var sorted: [ResourceKind: [String]] = [:]

    mutating func note(_ commit: VersionCommit) {
        for change in commit.changes {
            switch change {
            case .upsert(_, replaced: .some): continue
            case .upsert, .delete: self.sorted[change.key.kind] = nil
            }
        }
    }

    mutating func names(of kind: ResourceKind, in records: [ResourceKey: StoredResource]) -> [String] {
        if let names = self.sorted[kind] { return names }
        let names = records.keys.lazy.filter { $0.kind == kind }.map(\.name).sorted()
        self.sorted[kind] = names
        return names
    }
}
