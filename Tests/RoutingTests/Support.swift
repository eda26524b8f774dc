import GatewayModel
import Routing
import Testing

/// A route by its shortest description: `"/a"` is a prefix, `"=/a"` an exact path.
func route(
    _ name: String, hosts: [String] = [], paths: [String] = ["/"], listeners: [String] = [], order: Int64 = 0
) throws -> CompiledRoute {
    let matches = paths.map { path -> JSON in
        ["path": path.hasPrefix("=") ? ["exact": .string(String(path.dropFirst()))] : ["prefix": .string(path)]]
    }
    let document: JSON = [
        "name": .string(name), "listeners": .array(Set(listeners).sorted().map { .string($0) }),
        "hostnames": .array(Set(hosts).sorted().map { .string($0) }), "matches": .array(matches),
        "forward": [["upstream": "origin"]],
    ]
    guard case .route(let route) = try Resource(kind: .route, name: nil, document: document).spec else {
        throw NotARoute()
    }
    return CompiledRoute(route, order: order, upstream: 0)
}

struct NotARoute: Error {}

func listener(_ name: String, _ hosts: [String] = [], slot: Int = 0) throws -> RouteListener {
    RouteListener(slot: slot, name: name, hostnames: try hosts.map { try #require(HostPattern($0)) })
}

extension RouteTable {
    func name(group: Int = 0, host: String, path: String) -> String? {
        var (host, path) = (host, path)
        return host.withUTF8 { host in
            path.withUTF8 { path in
                let found = self.find(
                    group: group, host: UnsafeRawBufferPointer(host), path: UnsafeRawBufferPointer(path))
                return found?._withUnsafeGuaranteedRef { $0.name }
            }
        }
    }

    /// Prepares and commits.
    func change(
        _ upserts: [CompiledRoute], removes: [String] = [], groups: [[RouteListener]]? = nil, replacesAll: Bool = false
    ) {
        self.commit(self.prepare(upserts: upserts, removes: removes, groups: groups, replacesAll: replacesAll))
    }
}

/// A table with one listener for every host.
func table(_ routes: [CompiledRoute]) throws -> RouteTable {
    let table = RouteTable()
    table.change(routes, groups: [[try listener("web")]])
    return table
}

/// The same numbers in every run (SplitMix64, Steele 2014).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
