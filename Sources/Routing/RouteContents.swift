import GatewayModel

/// The routes by name, and their hosts.
struct RouteContents {
    private(set) var routes: [String: CompiledRoute] = [:]
    /// `nil` is the host of routes without hostnames.
    private(set) var hosts: [HostPattern?: HostTable] = [:]
    private(set) var exact = HostDirectory<HostView>(capacity: 0)
    private(set) var wildcard = HostDirectory<HostView>(capacity: 0)
    /// Segments of the longest prefix there is or was.
    private(set) var deepestPath = 0

    mutating func apply(_ edit: RouteEdit) {
        self.exact = edit.exact ?? self.exact
        self.wildcard = edit.wildcard ?? self.wildcard
        for (host, table) in edit.hosts { self.set(host, table) }
        for (name, route) in edit.routes { self.routes[name] = route }
    }

    private mutating func set(_ host: HostPattern?, _ table: HostTable?) {
        let directory = host?.isWildcard == true ? self.wildcard : self.exact
        if let table {
            // The directory first: until then it reads the bytes of the old table.
            if host != nil { directory.insert(table.slot) }
            self.deepestPath = max(self.deepestPath, table.view.pointee.deepest)
        } else if host != nil, let old = self.hosts[host] {
            directory.remove(hash: old.slot.hash, key: old.slot.key)
        }
        self.hosts[host] = table
    }
}

/// What a change does to the routes, built beforehand.
struct RouteEdit {
    /// `nil` takes a route out.
    private(set) var routes: [String: CompiledRoute?] = [:]
    /// `nil` takes a host out.
    private(set) var hosts: [HostPattern?: HostTable?] = [:]
    /// A larger directory, where the one there has no room.
    let exact, wildcard: HostDirectory<HostView>?

    init(_ contents: RouteContents, upserts: [CompiledRoute], removes: [String], _ hasher: ByteHash) {
        var routes = [String: CompiledRoute?](minimumCapacity: upserts.count + removes.count)
        for name in removes { routes[name] = .some(nil) }
        for route in upserts { routes[route.name] = route }
        self.routes = routes
        self.hosts = Self.hosts(contents, routes, hasher)
        let added = self.hosts.filter { $0.value != nil && contents.hosts[$0.key] == nil }.keys
        let wildcards = added.count { $0?.isWildcard == true }
        self.exact = contents.exact.grown(by: added.count - wildcards)
        self.wildcard = contents.wildcard.grown(by: wildcards)
    }

    private static func hosts(
        _ contents: RouteContents, _ routes: [String: CompiledRoute?], _ hasher: ByteHash
    ) -> [HostPattern?: HostTable?] {
        var hosts: [HostPattern?: HostTable?] = [:]
        for (host, added) in Self.added(contents, routes) {
            let kept = (contents.hosts[host]?.routes ?? []).filter { routes[$0.name] == nil }
            let all = (kept + added).sorted { $0.isOlder(than: $1) }
            hosts[host] = .some(all.isEmpty ? nil : HostTable(host, all, hasher))
        }
        return hosts
    }

    /// Every host that a changed route stands or stood under, with what is new there.
    private static func added(
        _ contents: RouteContents, _ routes: [String: CompiledRoute?]
    ) -> [HostPattern?: [CompiledRoute]] {
        var added: [HostPattern?: [CompiledRoute]] = [:]
        for (name, route) in routes {
            for host in contents.routes[name]?.hostKeys ?? [] { added[host, default: []] += [] }
            guard let route else { continue }
            for host in route.hostKeys { added[host, default: []].append(route) }
        }
        return added
    }
}

extension HostDirectory {
    /// One with room for as many more, or `nil` when there is room.
    ///
    /// Doubling keeps the cost of growth with those who add hosts. Hosts that go first leave their room unused until then.
    fileprivate func grown(by count: Int) -> HostDirectory? {
        self.holds(self.count + count) ? nil : self.copy(capacity: max(self.count + count, self.count * 2))
    }
}
