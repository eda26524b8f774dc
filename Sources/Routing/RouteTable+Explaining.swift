import GatewayModel

extension RouteTable {
    /// The most candidates an explanation names.
    package static let candidateLimit = 100

    /// Which route takes a request, found as `find` finds it, and what became of the others.
    ///
    /// Candidates of the hosts that match come first, most specific host first; then those whose hostname fails. Looks at
    /// every route: for people, not for requests.
    ///
    /// - Parameter host: as for `find`.
    package func explain(group: Int, host: String, path: String) -> RouteExplanation {
        var (hostText, pathText) = (host, path)
        let (listener, taken) = hostText.withUTF8 { host in
            pathText.withUTF8 { path in
                let host = UnsafeRawBufferPointer(host)
                let route = self.find(group: group, host: host, path: UnsafeRawBufferPointer(path))
                return (self.view.listenerView(group, host)?.pointee, route?._withUnsafeGuaranteedRef { $0 })
            }
        }
        return RouteExplanation(
            listener: listener?.slot, candidates: self.candidates(listener, host: host, path: path), taken: taken)
    }

    private func candidates(_ listener: ListenerView?, host: String, path: String) -> [RouteExplanation.Candidate] {
        let limit = Self.candidateLimit
        let keys = Self.hostKeys(matching: host)
        var candidates: [RouteExplanation.Candidate] = []
        var seen: Set<String> = []
        for key in keys where candidates.count < limit {
            for rank in self.routes(of: key).map({ RouteRank($0, path) }).sorted() {
                guard candidates.count < limit else { break }
                guard seen.insert(rank.route.name).inserted else { continue }
                candidates.append(.init(route: rank.route, failed: rank.route.failure(listener, rank.matchesPath)))
            }
        }
        guard candidates.count < limit else { return candidates }
        let matching = Set(keys)
        let others = self.routes.filter { $0.hostKeys.isDisjoint(with: matching) }.map { RouteRank($0, path) }
        return candidates
            + others.sorted().prefix(limit - candidates.count).map { rank in
                let serves = listener.map { rank.route.serves($0) } ?? false
                return .init(route: rank.route, failed: serves ? .hostname : .listener)
            }
    }

    /// The hosts under which a request may find routes, the most specific first.
    static func hostKeys(matching host: String) -> [HostPattern?] {
        var keys: [HostPattern?] = [.exact(host)]
        var rest = Substring(host)
        while let dot = rest.dropFirst().firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            keys.append(.wildcard(suffix: String(rest)))
        }
        return keys + [nil]
    }
}

extension CompiledRoute {
    fileprivate func failure(_ listener: ListenerView?, _ matchesPath: Bool) -> RouteExplanation.Predicate? {
        guard let listener, self.serves(listener) else { return .listener }
        return matchesPath ? nil : .path
    }
}

/// Where a route stands among those of its host: by its best match for a path.
private struct RouteRank: Comparable {
    let route: CompiledRoute
    /// Bytes of the best match: exact ones above all prefixes; -1: none matches.
    private let length: Int

    var matchesPath: Bool { self.length >= 0 }

    init(_ route: CompiledRoute, _ path: String) {
        self.route = route
        self.length = route.matches.reduce(-1) { max($0, $1.path.rank(for: path)) }
    }

    static func < (left: RouteRank, right: RouteRank) -> Bool {
        left.length != right.length ? left.length > right.length : left.route.isOlder(than: right.route)
    }

    static func == (left: RouteRank, right: RouteRank) -> Bool { left.route === right.route }
}

extension PathMatch {
    fileprivate func rank(for path: String) -> Int {
        switch self {
        case .exact(let exact): return exact == path ? .max : -1
        case .regex: return -1
        case .prefix(let prefix):
            let prefix = prefix.hasSuffix("/") ? prefix.dropLast() : prefix[...]
            guard path.hasPrefix(prefix) else { return -1 }
            let rest = path.utf8.dropFirst(prefix.utf8.count).first
            return rest == nil || rest == UInt8(ascii: "/") ? prefix.utf8.count : -1
        }
    }
}
