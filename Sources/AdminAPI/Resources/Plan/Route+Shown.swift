import GatewayModel

extension Route {
    /// "shop.example.com/cart, *.example.com/cart"
    var places: String {
        let hosts = self.hostnames.isEmpty ? [""] : self.hostnames.map(\.text)
        return hosts.flatMap { host in self.matches.map { match in host + match.path.shown } }.shortened
    }

    var hosts: String { self.hostnames.map(\.text).shortened }

    /// Paths that another version of the route has no match for.
    func lostPaths(in other: Route) -> [String] {
        let kept = Set(other.matches.map(\.path))
        return self.matches.map(\.path).filter { path in
            !kept.contains(path) && !kept.contains { $0.covers(path) }
        }.map(\.shown)
    }

    /// Where requests go that went elsewhere before; `nil` when they go where they went.
    func move(from old: Route) -> String? {
        guard self.destinations != old.destinations else { return nil }
        return "to \(self.destinations.shortened), before to \(old.destinations.shortened)"
    }

    private var destinations: [String] {
        switch self.action {
        case .redirect: return ["a redirect"]
        case .respond: return ["an answer of its own"]
        case .forward(let shares):
            let sum = shares.reduce(0) { $0 + $1.weight }
            return shares.filter { $0.weight > 0 }.map { share in
                sum == share.weight ? share.upstream : "\(share.upstream) \(Self.percent(share.weight, of: sum))"
            }
        }
    }

    /// "12.5%"
    private static func percent(_ weight: Int, of sum: Int) -> String {
        let tenths = (weight * 2000 + sum) / (2 * sum)
        return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
    }
}

extension PathMatch {
    /// Whether this is a prefix that takes all that the other does.
    fileprivate func covers(_ other: PathMatch) -> Bool {
        guard case .prefix(let prefix) = self else { return false }
        if prefix == "/" { return true }
        switch other {
        case .exact(let path), .prefix(let path): return path == prefix || path.hasPrefix(prefix + "/")
        case .regex: return false
        }
    }

    /// As people write it: a prefix ends with `/*`.
    var shown: String {
        switch self {
        case .exact(let path): path
        case .prefix(let path): path.hasSuffix("/") ? path + "*" : path + "/*"
        case .regex(let text): "~\(text)"
        }
    }
}

extension HostPattern {
    /// Whether this takes all that the other does.
    func covers(_ other: HostPattern) -> Bool {
        guard self != other, case .wildcard(let suffix) = self else { return self == other }
        switch other {
        case .exact(let name), .wildcard(let name): return name.hasSuffix("." + suffix)
        }
    }
}

extension [String] {
    /// The first few of a list, and how many more there are.
    var shortened: String {
        let shown = self.prefix(5).joined(separator: ", ")
        return self.count > 5 ? "\(shown) and \(self.count - 5) more" : shown
    }
}
