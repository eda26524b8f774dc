import GatewayModel
import Patterns

/// The routes of one host and, for requests, its paths: exact ones and prefixes, found by their bytes. Regular expressions are
/// tried one after the other, so that a host should have few, and only when no exact path and no prefix but `/` took a request.
///
/// A table of hashes and not a tree of segments: a lookup costs one probe for each segment of the path and nothing for the
/// number of routes, and a key costs its bytes and two slots. Never changed; a change makes another one.
// Justified: never changed after it is made; the raw memory it owns hides that from the compiler.
final class HostTable: @unchecked Sendable {
    /// Oldest first.
    let routes: [CompiledRoute]
    /// Where requests look; lives as long as the table.
    let view: UnsafePointer<HostView>
    /// The hash and bytes of the host; of the suffix for a wildcard.
    let slot: DirectorySlot<HostView>
    private let paths: UnsafeMutablePointer<PathSlot>
    private let links: UnsafeMutablePointer<RouteLink>
    private let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter routes: those of the host, oldest first.
    init(_ host: HostPattern?, _ routes: [CompiledRoute], _ hasher: ByteHash) {
        let entries = RouteEntry.sorted(routes)
        var builder = HostTableBuilder(host, entries, hasher)
        for entry in entries { builder.add(entry) }
        let storage = UnsafeMutablePointer<HostView>.allocate(capacity: 1)
        storage.initialize(to: builder.view)
        self.routes = routes
        self.view = UnsafePointer(storage)
        self.slot = DirectorySlot(hash: hasher.backward(builder.host), key: builder.host, value: UnsafePointer(storage))
        self.paths = builder.paths
        self.links = builder.links
        self.bytes = builder.bytes
    }

    deinit {
        self.view.deallocate()
        self.paths.deallocate()
        self.links.deallocate()
        self.bytes.deallocate()
    }
}

/// One path of a host. `first` is its most preferred match; a free slot has none.
struct PathSlot {
    static let none = UInt32.max

    /// The upper half of the hash.
    var tag: UInt32
    var offset: UInt32
    /// Bytes of the path times two, and one for an exact path.
    var extent: UInt32
    var first: UInt32

    static var empty: PathSlot { PathSlot(tag: 0, offset: 0, extent: 0, first: PathSlot.none) }
}

/// A match of a route under one path, and the next one: less preferred, or for other listeners.
struct RouteLink {
    var route: Unmanaged<CompiledRoute>
    /// Where its listeners are: for each its length in one byte and its name, then 0. `PathSlot.none`: it serves all.
    var listeners: UInt32
    /// Where its conditions are, see `ConditionReader`. `PathSlot.none`: it has none.
    var conditions: UInt32
    var next: UInt32
    /// What a request must have for its conditions to be looked at.
    var needs: RequestTraits
}

/// A host table as requests see it: plain pointers, so that a lookup counts no references. Benchmark: `scripts/bench routes`.
struct HostView {
    let paths: UnsafeMutablePointer<PathSlot>
    let mask: Int
    let links: UnsafeMutablePointer<RouteLink>
    let bytes: UnsafeRawPointer
    /// Segments of the longest prefix.
    var deepest = 0
    /// The first match whose path is a regular expression.
    var firstPattern = PathSlot.none

    /// The match of the best path: the exact one, then the longest prefix, then regular expressions, then `/`, among those that
    /// serve the listener and whose conditions hold.
    @inline(__always)
    func find(_ path: HashedPath, _ request: RouteRequest, listener: ListenerView) -> RouteLookup {
        let exact = self.find(path.hash, path.bytes, isExact: true, request, listener)
        if exact.isDecided { return exact }
        var segments = min(path.depth, self.deepest)
        while segments > 0 {
            let (hash, bytes) = path.part(segments)
            let prefix = self.find(hash, bytes, isExact: false, request, listener)
            if prefix.isDecided { return prefix }
            segments &-= 1
        }
        if self.firstPattern != PathSlot.none {
            let pattern = self.find(from: self.firstPattern, prefix: 0, request, listener)
            if pattern.isDecided { return pattern }
        }
        let root = UnsafeRawBufferPointer(rebasing: path.bytes[..<0])
        return self.find(path.root, root, isExact: false, request, listener)
    }

    @inline(__always)
    private func find(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, isExact: Bool, _ request: RouteRequest,
        _ listener: ListenerView
    ) -> RouteLookup {
        self.find(
            from: self.paths[self.index(hash, key, isExact: isExact)].first, prefix: key.count, request, listener)
    }

    @inline(__always)
    private func find(
        from first: UInt32, prefix: Int, _ request: RouteRequest, _ listener: ListenerView
    ) -> RouteLookup {
        var next = first
        while next != PathSlot.none {
            let link = self.links[Int(next)]
            if link.conditions != PathSlot.none { return self.findConditional(from: next, prefix, request, listener) }
            if self.serves(link, listener) { return .found(link.route, prefix: prefix) }
            next = link.next
        }
        return .none
    }

    /// The same from the first match with conditions on.
    @inline(never)
    private func findConditional(
        from first: UInt32, _ prefix: Int, _ request: RouteRequest, _ listener: ListenerView
    ) -> RouteLookup {
        let traits = RequestTraits(request)
        var next = first
        while next != PathSlot.none {
            let link = self.links[Int(next)]
            if link.conditions == PathSlot.none {
                if self.serves(link, listener) { return .found(link.route, prefix: prefix) }
            } else if traits.admits(link.needs), self.serves(link, listener) {
                switch self.test(link.conditions, request) {
                case .yes: return .found(link.route, prefix: prefix)
                case .limit: return .limit
                case .no: break
                }
            }
            next = link.next
        }
        return .none
    }

    @inline(__always)
    func serves(_ link: RouteLink, _ listener: ListenerView) -> Bool {
        link.listeners == PathSlot.none ? listener.takesUnnamed : self.lists(link.listeners, listener.name)
    }

    private func test(_ offset: UInt32, _ request: RouteRequest) -> Found {
        var reader = ConditionReader(self.bytes + Int(offset))
        return reader.test(request)
    }

    /// Where the path is, or the free slot where it would be.
    @inline(__always)
    func index(_ hash: UInt64, _ key: UnsafeRawBufferPointer, isExact: Bool) -> Int {
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let extent = PathSlot.extent(key.count, isExact: isExact)
        var index = Int(truncatingIfNeeded: hash) & self.mask
        while self.paths[index].first != PathSlot.none {
            let slot = self.paths[index]
            if slot.tag == tag, slot.extent == extent, equalBytes(self.slice(slot.offset, key.count), key) { break }
            index = (index &+ 1) & self.mask
        }
        return index
    }

    /// Rare: a route that names its listeners.
    @inline(never)
    private func lists(_ offset: UInt32, _ listener: UnsafeRawBufferPointer) -> Bool {
        var offset = offset
        while true {
            let length = Int(self.bytes.load(fromByteOffset: Int(offset), as: UInt8.self))
            if length == 0 { return false }
            if equalBytes(self.slice(offset &+ 1, length), listener) { return true }
            offset &+= UInt32(truncatingIfNeeded: length &+ 1)
        }
    }

    @inline(__always)
    private func slice(_ offset: UInt32, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: self.bytes + Int(offset), count: count)
    }
}

extension PathSlot {
    @inline(__always)
    static func extent(_ count: Int, isExact: Bool) -> UInt32 {
        UInt32(truncatingIfNeeded: count &* 2 &+ (isExact ? 1 : 0))
    }
}
