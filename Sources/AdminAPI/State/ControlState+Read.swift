import GatewayModel
import Storage

/// One page of a list.
struct ResourcePage: Sendable {
    let resources: [StoredResource]
    /// The name to go on after; `nil` on the last page.
    let next: String?
}

extension ControlState {
    var latest: VersionRecord { self.live.latest }
    var identity: String { self.live.identity }

    func resource(_ key: ResourceKey) -> StoredResource? { self.live.records[key] }

    /// The resources of a kind by name, beginning after `name`.
    func page(of kind: ResourceKind, after name: String?, limit: Int, filter: ResourceFilter) -> ResourcePage {
        let names =
            filter.candidates(kind, in: self.live.configuration)
            ?? self.names.names(of: kind, in: self.live.records)
        var found: [StoredResource] = []
        for candidate in names[Self.start(in: names, after: name)...] {
            guard let stored = self.live.records[ResourceKey(kind: kind, name: candidate)] else { continue }
            guard filter.passes(stored, in: self.live.configuration) else { continue }
            if found.count == limit { return ResourcePage(resources: found, next: found.last?.key.name) }
            found.append(stored)
        }
        return ResourcePage(resources: found, next: nil)
    }

    /// Binary search for the first name behind `name`.
    private static func start(in names: [String], after name: String?) -> Int {
        guard let name else { return 0 }
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle] <= name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
