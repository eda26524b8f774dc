package import GatewayModel

/// A listener within one group, which is those that share an address and port.
package struct RouteListener: Sendable {
    package let slot: Int
    package let name: String
    /// Empty: what no other listener of the group takes.
    package let hostnames: [HostPattern]
    /// Routes that name no listener serve this one too.
    package let takesUnnamed: Bool

    package init(slot: Int, name: String, hostnames: [HostPattern], takesUnnamed: Bool = true) {
        self.takesUnnamed = takesUnnamed
        self.slot = slot
        self.name = name
        self.hostnames = hostnames
    }
}

/// A listener as requests see it.
struct ListenerView {
    let slot: Int
    let name: UnsafeRawBufferPointer
    let takesUnnamed: Bool
}

/// One group: which listener takes which host.
struct GroupView {
    let exact: DirectoryView<ListenerView>
    let wildcard: DirectoryView<ListenerView>
    /// The listener without host names.
    let rest: UnsafePointer<ListenerView>?

    /// The listener with the most specific hostname.
    @inline(__always)
    func listener(_ host: HashedHost) -> UnsafePointer<ListenerView>? {
        if let listener = self.exact.value(host.hash, host.bytes) { return listener }
        var labels = min(host.depth, self.wildcard.deepest)
        while labels > 0 {
            let (hash, bytes) = host.suffix(labels)
            if let listener = self.wildcard.value(hash, bytes) { return listener }
            labels &-= 1
        }
        return self.rest
    }
}

/// All groups. Never changed; a change of listeners makes another one.
// Justified: never changed after it is made; the raw memory it owns hides that from the compiler.
final class ListenerTable: @unchecked Sendable {
    let view: UnsafeBufferPointer<GroupView>
    /// Labels of the longest wildcard.
    let deepest: Int
    private let groups: UnsafeMutableBufferPointer<GroupView>
    private let directories: [HostDirectory<ListenerView>]
    private let allocations: [UnsafeRawPointer]

    init(_ groups: [[RouteListener]], _ hasher: ByteHash) {
        var builder = ListenerTableBuilder(hasher)
        let views = groups.map { builder.group($0) }
        self.groups = .allocate(capacity: views.count)
        _ = self.groups.initialize(from: views)
        self.view = UnsafeBufferPointer(self.groups)
        self.deepest = views.reduce(0) { max($0, $1.wildcard.deepest) }
        self.directories = builder.directories
        self.allocations = builder.allocations
    }

    deinit {
        self.groups.deallocate()
        for allocation in self.allocations { allocation.deallocate() }
    }
}

private struct ListenerTableBuilder {
    private(set) var directories: [HostDirectory<ListenerView>] = []
    private(set) var allocations: [UnsafeRawPointer] = []
    private let hasher: ByteHash

    init(_ hasher: ByteHash) {
        self.hasher = hasher
    }

    mutating func group(_ listeners: [RouteListener]) -> GroupView {
        let count = listeners.reduce(0) { $0 &+ $1.hostnames.count }
        let exact = HostDirectory<ListenerView>(capacity: count)
        let wildcard = HostDirectory<ListenerView>(capacity: count)
        var rest: UnsafePointer<ListenerView>?
        for listener in listeners {
            let view = self.view(listener)
            if listener.hostnames.isEmpty { rest = rest ?? view }
            for hostname in listener.hostnames {
                self.insert(hostname, view, into: hostname.isWildcard ? wildcard : exact)
            }
        }
        self.directories += [exact, wildcard]
        return GroupView(exact: exact.view, wildcard: wildcard.view, rest: rest)
    }

    /// Of two that claim the same host, which validation refuses, the first has it.
    private mutating func insert(
        _ hostname: HostPattern, _ view: UnsafePointer<ListenerView>, into directory: HostDirectory<ListenerView>
    ) {
        let key = self.copy(hostname.key)
        let hash = self.hasher.backward(key)
        guard directory.view.value(hash, key) == nil else { return }
        directory.insert(DirectorySlot(hash: hash, key: key, value: view))
    }

    private mutating func view(_ listener: RouteListener) -> UnsafePointer<ListenerView> {
        let view = UnsafeMutablePointer<ListenerView>.allocate(capacity: 1)
        view.initialize(
            to:
                ListenerView(
                    slot: listener.slot, name: self.copy(listener.name), takesUnnamed: listener.takesUnnamed))
        self.allocations.append(UnsafeRawPointer(view))
        return UnsafePointer(view)
    }

    private mutating func copy(_ text: String) -> UnsafeRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        bytes.copyBytes(from: text.utf8)
        if let start = bytes.baseAddress { self.allocations.append(UnsafeRawPointer(start)) }
        return UnsafeRawBufferPointer(bytes)
    }
}

extension HostPattern {
    var isWildcard: Bool {
        if case .wildcard = self { true } else { false }
    }
}
