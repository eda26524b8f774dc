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
    package func explain(group: Int, host: String, _ request: RouteRequest) -> RouteExplanation {
        var hostText = host
        let (listener, lookup) = hostText.withUTF8 { utf8 in
            let host = UnsafeRawBufferPointer(utf8)
            return (
                self.view.listenerView(group, host)?.pointee, self.find(group: group, host: host, request)
            )
        }
        let matched = if case .found(_, let prefix) = lookup { prefix } else { 0 }
        return RouteExplanation(
            listener: listener?.slot, candidates: self.candidates(listener, host: host, request),
            taken: lookup.route?._withUnsafeGuaranteedRef { $0 }, matched: matched, isGivenUp: lookup.isGivenUp)
    }

    private func candidates(
        _ listener: ListenerView?, host: String, _ request: RouteRequest
    ) -> [RouteExplanation.Candidate] {
        let limit = Self.candidateLimit
        let keys = Self.hostKeys(matching: host)
        var candidates: [RouteExplanation.Candidate] = []
        var seen: Set<String> = []
        for key in keys where candidates.count < limit {
            for trial in MatchTrial.best(self.routes(of: key), listener, request) {
                guard candidates.count < limit else { break }
                if seen.insert(trial.entry.route.name).inserted { candidates.append(trial.candidate) }
            }
        }
        guard candidates.count < limit else { return candidates }
        let matching = Set(keys)
        let others = self.routes.filter { $0.hostKeys.isDisjoint(with: matching) }.sorted { $0.isOlder(than: $1) }
        return candidates
            + others.prefix(limit - candidates.count).map { route in
                let serves = listener.map { route.serves($0) } ?? false
                return .init(route: route, failed: serves ? .hostname : .listener, isGivenUp: false)
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
