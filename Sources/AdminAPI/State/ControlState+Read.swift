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

    /// So many names are looked at for one page; what a filter leaves of the rest comes with the next.
    private static var longestWalk: Int { 20_000 }

    /// The resources of a kind by name, beginning after `name`.
    func page(of kind: ResourceKind, after name: String?, limit: Int, filter: ResourceFilter) -> ResourcePage {
        let names =
            filter.candidates(kind, in: self.live.configuration)
            ?? self.names.names(of: kind, in: self.live.records)
        var found: [StoredResource] = []
        let start = Self.start(in: names, after: name)
        for candidate in names[start...].prefix(Self.longestWalk) {
            guard let stored = self.live.records[ResourceKey(kind: kind, name: candidate)] else { continue }
            guard filter.passes(stored, in: self.live.configuration) else { continue }
            if found.count == limit { return ResourcePage(resources: found, next: found.last?.key.name) }
            found.append(stored)
        }
        let end = start + Self.longestWalk
        return ResourcePage(resources: found, next: end < names.count ? names[end - 1] : nil)
    }

    /// Binary search for the first name behind `name`.
    private static func start(in names: [String], after name: String?) -> Int {
        guard let name else { return 0 }
        let index = names.firstIndex(notBefore: name)
        return index < names.count && names[index] == name ? index + 1 : index
    }
}
