import GatewayModel
import Storage

/// The names of each kind in order, for listing.
///
/// Single names are put in and taken out in their places; after many at once a kind is sorted afresh when it is read.
struct NameIndex {
    private static let many = 100
    private var sorted: [ResourceKind: [String]] = [:]

    mutating func note(_ commit: VersionCommit) {
        if commit.changes.count > Self.many {
            for change in commit.changes where change.isOfNames { self.sorted[change.key.kind] = nil }
            return
        }
        for change in commit.changes where change.isOfNames {
            let (kind, name) = (change.key.kind, change.key.name)
            guard let index = self.sorted[kind]?.firstIndex(notBefore: name) else { continue }
            let isThere = self.sorted[kind].map { index < $0.count && $0[index] == name } ?? false
            if case .delete = change {
                if isThere { self.sorted[kind]?.remove(at: index) }
            } else if !isThere {
                self.sorted[kind]?.insert(name, at: index)
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

extension ResourceChange {
    /// Whether a name comes or goes.
    fileprivate var isOfNames: Bool {
        if case .upsert(_, replaced: .some) = self { return false }
        return true
    }
}

extension [String] {
    /// Binary search in sorted names: the place of the first that is `name` or comes after it.
    func firstIndex(notBefore name: String) -> Int {
        var (low, high) = (0, self.count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
