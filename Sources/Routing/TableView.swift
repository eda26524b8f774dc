/// The whole table as requests see it.
///
/// Benchmark: `scripts/bench routes`. Nothing here owns anything, so that a lookup allocates nothing and counts no reference; the
/// routes it hands out live until the commit that replaces them.
struct TableView {
    private let hasher: ByteHash
    private let exact, wildcard: DirectoryView<HostView>
    private let everyHost: UnsafePointer<HostView>?
    private let groups: UnsafeBufferPointer<GroupView>
    private let deepestPath, deepestHost: Int

    init(_ hasher: ByteHash, _ contents: RouteContents, _ listeners: ListenerTable) {
        self.hasher = hasher
        self.exact = contents.exact.view
        self.wildcard = contents.wildcard.view
        self.everyHost = contents.hosts[nil]?.view
        self.groups = listeners.view
        self.deepestPath = contents.deepestPath
        self.deepestHost = max(contents.wildcard.view.deepest, listeners.deepest)
    }

    @inline(__always)
    func find(_ group: Int, _ host: UnsafeRawBufferPointer, _ request: RouteRequest) -> RouteLookup {
        self.withHost(host) { host in
            guard let listener = self.listener(group, host)?.pointee else { return .none }
            return self.withPath(request.path) { self.route(host, $0, request, listener) }
        }
    }

    /// The listener that takes a host.
    func listenerView(_ group: Int, _ host: UnsafeRawBufferPointer) -> UnsafePointer<ListenerView>? {
        self.withHost(host) { self.listener(group, $0) }
    }

    /// The route of the most specific host that has one for the request.
    @inline(__always)
    private func route(
        _ host: HashedHost, _ path: HashedPath, _ request: RouteRequest, _ listener: ListenerView
    ) -> RouteLookup {
        if let view = self.exact.value(host.hash, host.bytes) {
            let found = view.pointee.find(path, request, listener: listener)
            if found.isDecided { return found }
        }
        var labels = min(host.depth, self.wildcard.deepest)
        while labels > 0 {
            let (hash, bytes) = host.suffix(labels)
            if let view = self.wildcard.value(hash, bytes) {
                let found = view.pointee.find(path, request, listener: listener)
                if found.isDecided { return found }
            }
            labels &-= 1
        }
        return self.everyHost?.pointee.find(path, request, listener: listener) ?? .none
    }

    /// Shows the matches that the path of a request leads to, of every host that fits its own, in the order in which `find` looks
    /// at them, until the body returns `false`. For preflights, which ask before another request comes.
    @inline(never)
    func eachMatch(
        _ group: Int, _ host: UnsafeRawBufferPointer, _ path: UnsafeRawBufferPointer,
        _ body: (HostView, RouteLink) -> Bool
    ) {
        self.withHost(host) { host in
            guard let listener = self.listener(group, host)?.pointee else { return }
            self.withPath(path) { path in
                if let view = self.exact.value(host.hash, host.bytes), !view.pointee.eachMatch(path, listener, body) {
                    return
                }
                var labels = min(host.depth, self.wildcard.deepest)
                while labels > 0 {
                    let (hash, bytes) = host.suffix(labels)
                    if let view = self.wildcard.value(hash, bytes), !view.pointee.eachMatch(path, listener, body) {
                        return
                    }
                    labels &-= 1
                }
                _ = self.everyHost?.pointee.eachMatch(path, listener, body)
            }
        }
    }

    @inline(__always)
    private func listener(_ group: Int, _ host: HashedHost) -> UnsafePointer<ListenerView>? {
        self.groups.indices.contains(group) ? self.groups[group].listener(host) : nil
    }

    /// Room for 64 boundaries fits the stack; longer paths pay an allocation only where a prefix is as deep.
    @inline(__always)
    private func withPath<R>(_ path: UnsafeRawBufferPointer, _ body: (HashedPath) -> R) -> R {
        withUnsafeTemporaryAllocation(of: Boundary.self, capacity: min(self.deepestPath, path.count)) {
            body(HashedPath(path, self.hasher, boundaries: $0))
        }
    }

    @inline(__always)
    private func withHost<R>(_ host: UnsafeRawBufferPointer, _ body: (HashedHost) -> R) -> R {
        withUnsafeTemporaryAllocation(of: Boundary.self, capacity: min(self.deepestHost, host.count)) {
            body(HashedHost(host, self.hasher, boundaries: $0))
        }
    }
}

extension RouteTable {
    /// The route that takes a request.
    ///
    /// - Parameter group: slot of the address and port it came in by.
    /// - Parameter host: lower-case, without port and final dot; empty when there is none.
    package func find(group: Int, host: UnsafeRawBufferPointer, _ request: RouteRequest) -> RouteLookup {
        self.view.find(group, host, request)
    }

    /// The slot, within its group, of the listener that takes a host.
    package func listener(group: Int, host: UnsafeRawBufferPointer) -> Int? {
        self.view.listenerView(group, host)?.pointee.slot
    }
}
