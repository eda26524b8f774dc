import GatewayModel

/// Lays out the memory of a host table. Offsets have 32 bits: a configuration is far from 4 GiB of text.
struct HostTableBuilder {
    let paths: UnsafeMutablePointer<PathSlot>
    let links: UnsafeMutablePointer<RouteLink>
    let bytes: UnsafeMutableRawBufferPointer
    private(set) var view: HostView
    private(set) var host = UnsafeRawBufferPointer(start: nil, count: 0)
    private let hasher: ByteHash
    private var byteCount = 0
    private var linkCount = 0
    /// Where each set of listeners is written.
    private var listenerSets: [[String]: UInt32] = [:]

    init(_ host: HostPattern?, _ routes: [CompiledRoute], _ hasher: ByteHash) {
        let paths = routes.reduce(0) { $0 &+ $1.matches.count }
        var size = 2
        while size < paths &* 2 { size &*= 2 }
        self.hasher = hasher
        self.paths = .allocate(capacity: size)
        self.paths.initialize(repeating: .empty, count: size)
        self.links = .allocate(capacity: max(1, paths))
        self.bytes = .allocate(byteCount: Self.bytesNeeded(host, routes), alignment: 1)
        self.view = HostView(
            paths: self.paths, mask: size &- 1, links: self.links,
            bytes: UnsafeRawPointer(self.bytes.baseAddress ?? UnsafeMutableRawPointer(self.paths)))
        if let host { self.host = self.write(host.key) }
    }

    /// An upper bound: keys that occur twice are written once.
    private static func bytesNeeded(_ host: HostPattern?, _ routes: [CompiledRoute]) -> Int {
        routes.reduce(1 &+ (host?.key.utf8.count ?? 0)) { sum, route in
            let paths = route.matches.reduce(0) { $0 &+ $1.path.text.utf8.count }
            return sum &+ paths &+ route.listeners.reduce(1) { $0 &+ 1 &+ $1.utf8.count }
        }
    }

    /// Puts a route in that is not older than those before.
    mutating func add(_ route: CompiledRoute) {
        let listeners = self.listenerSet(route.listeners)
        for match in route.matches {
            var text = match.path.text
            text.withUTF8 { utf8 in
                let key = match.path.key(UnsafeRawBufferPointer(utf8))
                self.add(route, key, isExact: match.path.isExact, listeners)
            }
        }
    }

    private mutating func add(_ route: CompiledRoute, _ key: UnsafeRawBufferPointer, isExact: Bool, _ listeners: UInt32)
    {
        let hash = self.hasher.forward(key)
        let index = self.view.index(hash, key, isExact: isExact)
        let last = self.lastLink(self.paths[index].first, listeners)
        guard !last.isShadowed else { return }
        let link = UInt32(truncatingIfNeeded: self.linkCount)
        (self.links + self.linkCount).initialize(
            to: RouteLink(route: .passUnretained(route), listeners: listeners, next: PathSlot.none))
        self.linkCount &+= 1
        if let last = last.index { self.links[last].next = link } else { self.open(index, key, hash, isExact, link) }
        if !isExact { self.view.deepest = max(self.view.deepest, key.count { $0 == UInt8(ascii: "/") }) }
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

    /// The end of a chain, and whether an older route in it already takes all that these listeners bring.
    private func lastLink(_ first: UInt32, _ listeners: UInt32) -> (index: Int?, isShadowed: Bool) {
        var last: Int?
        var next = first
        while next != PathSlot.none {
            let link = self.links[Int(next)]
            if link.listeners == PathSlot.none || link.listeners == listeners { return (last, true) }
            last = Int(next)
            next = link.next
        }
        return (last, false)
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
