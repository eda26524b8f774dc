import GatewayModel

/// Lays out the memory of a host table. Offsets have 32 bits: a configuration is far from 4 GiB of text.
struct HostTableBuilder {
    /// Where a chain of links ends, and its first one without conditions.
    private struct ChainEnd {
        var last: UInt32
        var firstPlain: UInt32
    }

    let paths: UnsafeMutablePointer<PathSlot>
    let links: UnsafeMutablePointer<RouteLink>
    let bytes: UnsafeMutableRawBufferPointer
    private(set) var view: HostView
    private(set) var host = UnsafeRawBufferPointer(start: nil, count: 0)
    private let hasher: ByteHash
    private var byteCount = 0
    private var linkCount = 0
    /// By path slot.
    private var ends: [ChainEnd?]
    private var patternEnd: ChainEnd?
    /// Where each set of listeners is written.
    private var listenerSets: [[String]: UInt32] = [:]

    init(_ host: HostPattern?, _ entries: [RouteEntry], _ hasher: ByteHash) {
        let paths = Self.pathCount(entries)
        var size = 2
        while size < paths &* 2 { size &*= 2 }
        self.hasher = hasher
        self.paths = .allocate(capacity: size)
        self.paths.initialize(repeating: .empty, count: size)
        self.links = .allocate(capacity: max(1, entries.count))
        self.bytes = .allocate(byteCount: Self.bytesNeeded(host, entries), alignment: 1)
        self.ends = Array(repeating: nil, count: size)
        self.view = HostView(
            paths: self.paths, mask: size &- 1, links: self.links,
            bytes: UnsafeRawPointer(self.bytes.baseAddress ?? UnsafeMutableRawPointer(self.paths)))
        if let host { self.host = self.write(host.key) }
    }

    /// An upper bound, and no more than the paths that differ where matches with conditions share them.
    private static func pathCount(_ entries: [RouteEntry]) -> Int {
        guard entries.contains(where: { $0.rank != .plain }) else { return entries.count }
        return Set(entries.lazy.map(\.match.path)).count
    }

    /// An upper bound: keys that occur twice are written once.
    private static func bytesNeeded(_ host: HostPattern?, _ entries: [RouteEntry]) -> Int {
        entries.reduce(1 &+ (host?.key.utf8.count ?? 0)) { sum, entry in
            let listeners = entry.index == 0 ? entry.route.listeners.reduce(1) { $0 &+ 1 &+ $1.utf8.count } : 0
            return sum &+ entry.match.path.text.utf8.count &+ entry.conditions.count &+ listeners
        }
    }

    /// Puts a match in that is not preferred to those before.
    mutating func add(_ entry: RouteEntry) {
        let path = entry.match.path
        var text = path.text
        text.withUTF8 { utf8 in
            if case .regex = path { return self.addPattern(entry) }
            self.add(entry, path.key(UnsafeRawBufferPointer(utf8)), isExact: path.isExact)
        }
    }

    private mutating func add(_ entry: RouteEntry, _ key: UnsafeRawBufferPointer, isExact: Bool) {
        let hash = self.hasher.forward(key)
        let index = self.view.index(hash, key, isExact: isExact)
        let first = self.paths[index].first
        guard let link = self.link(entry, to: first == PathSlot.none ? nil : self.ends[index]) else { return }
        if first == PathSlot.none { self.open(index, key, hash, isExact, link) }
        if !isExact { self.view.deepest = max(self.view.deepest, key.count { $0 == UInt8(ascii: "/") }) }
        self.ends[index] = self.end(link, after: self.ends[index])
    }

    private mutating func addPattern(_ entry: RouteEntry) {
        guard let link = self.link(entry, to: self.patternEnd) else { return }
        if self.view.firstPattern == PathSlot.none { self.view.firstPattern = link }
        self.patternEnd = self.end(link, after: self.patternEnd)
    }

    /// Appends a match to a chain.
    ///
    /// - Returns: `nil` when one in it already takes all that it could. Only those without conditions can do that here, and
    ///   they come last: which conditions imply others is for warnings to say.
    private mutating func link(_ entry: RouteEntry, to end: ChainEnd?) -> UInt32? {
        let listeners = self.listenerSet(entry.route.listeners)
        if let end, self.isShadowed(from: end.firstPlain, listeners) { return nil }
        let link = UInt32(truncatingIfNeeded: self.linkCount)
        (self.links + self.linkCount).initialize(
            to: RouteLink(
                route: .passUnretained(entry.route), listeners: listeners, conditions: self.write(entry.conditions),
                next: PathSlot.none, needs: RequestTraits(entry.match)))
        self.linkCount &+= 1
        if let end { self.links[Int(end.last)].next = link }
        return link
    }

    private func end(_ link: UInt32, after end: ChainEnd?) -> ChainEnd {
        let isPlain = self.links[Int(link)].conditions == PathSlot.none
        let first = end?.firstPlain ?? PathSlot.none
        return ChainEnd(last: link, firstPlain: first == PathSlot.none && isPlain ? link : first)
    }

    /// Whether an older match without conditions serves the same listeners. One that serves all that see requests does not
    /// serve all that a route may name.
    private func isShadowed(from first: UInt32, _ listeners: UInt32) -> Bool {
        var next = first
        while next != PathSlot.none {
            let link = self.links[Int(next)]
            if link.listeners == listeners { return true }
            next = link.next
        }
        return false
    }

    private mutating func write(_ conditions: [UInt8]) -> UInt32 {
        guard !conditions.isEmpty else { return PathSlot.none }
        let offset = UInt32(truncatingIfNeeded: self.byteCount)
        conditions.withUnsafeBytes { self.append($0) }
        return offset
    }

    private mutating func open(
        _ index: Int, _ key: UnsafeRawBufferPointer, _ hash: UInt64, _ isExact: Bool, _ link: UInt32
    ) {
        let offset = UInt32(truncatingIfNeeded: self.byteCount)
        self.append(key)
        self.paths[index] = PathSlot(
            tag: UInt32(truncatingIfNeeded: hash >> 32), offset: offset,
            extent: PathSlot.extent(key.count, isExact: isExact), first: link)
    }

    private mutating func listenerSet(_ names: [String]) -> UInt32 {
        guard !names.isEmpty else { return PathSlot.none }
        if let known = self.listenerSets[names] { return known }
        let offset = UInt32(truncatingIfNeeded: self.byteCount)
        for name in names where (1...255).contains(name.utf8.count) {
            self.append(UInt8(truncatingIfNeeded: name.utf8.count))
            _ = self.write(name)
        }
        self.append(0)
        self.listenerSets[names] = offset
        return offset
    }

    private mutating func write(_ text: String) -> UnsafeRawBufferPointer {
        let start = self.byteCount
        var text = text
        text.withUTF8 { self.append(UnsafeRawBufferPointer($0)) }
        return UnsafeRawBufferPointer(rebasing: self.bytes[start..<self.byteCount])
    }

    private mutating func append(_ key: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: self.bytes[self.byteCount...]).copyMemory(from: key)
        self.byteCount &+= key.count
    }

    private mutating func append(_ byte: UInt8) {
        self.bytes[self.byteCount] = byte
        self.byteCount &+= 1
    }
}

extension PathMatch {
    var text: String {
        switch self {
        case .exact(let path), .prefix(let path), .regex(let path): path
        }
    }

    var isExact: Bool {
        if case .exact = self { true } else { false }
    }

    /// Its bytes as a table holds them: a prefix without its last slash, so that `/` is empty.
    func key(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard !self.isExact, text.last == UInt8(ascii: "/") else { return text }
        return UnsafeRawBufferPointer(rebasing: text.dropLast())
    }
}

extension HostPattern {
    /// What a directory finds it by: the name or the suffix.
    var key: String {
        switch self {
        case .exact(let name): name
        case .wildcard(let suffix): suffix
        }
    }
}
