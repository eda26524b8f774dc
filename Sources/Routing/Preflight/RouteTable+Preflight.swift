/// Whose CORS policy answers a preflight.
package enum PreflightLookup {
    /// This route's. The reference is not retained: it holds until the next commit.
    case route(Unmanaged<CompiledRoute>)
    /// The listener's, if it has one: no route takes the request that is announced.
    case listener
    /// Nobody's: the route that takes the request has no such policy, and so the preflight is a request like another.
    case nobody
}

extension RouteTable {
    /// Finds who answers a preflight: the route that would take the request that it announces.
    ///
    /// Cookies, and fields that a browser does not announce, cannot be known: routes that ask for them might take it, and the
    /// first such route with a policy answers. Where no route takes the method, any route with a policy of that host and path does,
    /// so that the page can read what the request itself is answered.
    ///
    /// - Parameter hasPolicy: whether a CORS policy is in force on a route.
    package func find(
        group: Int, host: UnsafeRawBufferPointer, _ preflight: PreflightRequest,
        hasPolicy: (Unmanaged<CompiledRoute>) -> Bool
    ) -> PreflightLookup {
        var found: PreflightLookup?
        self.view.eachMatch(group, host, preflight.request.path) { view, link in
            switch view.standing(link, preflight) {
            case .no: return true
            case .limit: found = .nobody
            case .possible:
                guard hasPolicy(link.route) else { return true }
                found = .route(link.route)
            case .certain: found = hasPolicy(link.route) ? .route(link.route) : .nobody
            }
            return false
        }
        if let found { return found }
        self.view.eachMatch(group, host, preflight.request.path) { view, link in
            guard hasPolicy(link.route), view.takesPath(link, preflight.request) else { return true }
            found = .route(link.route)
            return false
        }
        return found ?? .listener
    }
}

extension HostView {
    /// Shows the matches for a path in the order of `find` until the body returns `false`.
    ///
    /// - Returns: whether the body wants more.
    func eachMatch(_ path: HashedPath, _ listener: ListenerView, _ body: (HostView, RouteLink) -> Bool) -> Bool {
        guard self.eachLink(from: self.first(path.hash, path.bytes, isExact: true), listener, body) else {
            return false
        }
        var segments = min(path.depth, self.deepest)
        while segments > 0 {
            let (hash, bytes) = path.part(segments)
            guard self.eachLink(from: self.first(hash, bytes, isExact: false), listener, body) else { return false }
            segments &-= 1
        }
        guard self.eachLink(from: self.firstPattern, listener, body) else { return false }
        let root = UnsafeRawBufferPointer(rebasing: path.bytes[..<0])
        return self.eachLink(from: self.first(path.root, root, isExact: false), listener, body)
    }

    private func first(_ hash: UInt64, _ key: UnsafeRawBufferPointer, isExact: Bool) -> UInt32 {
        self.paths[self.index(hash, key, isExact: isExact)].first
    }

    private func eachLink(
        from first: UInt32, _ listener: ListenerView, _ body: (HostView, RouteLink) -> Bool
    ) -> Bool {
        var next = first
        while next != PathSlot.none {
            let link = self.links[Int(next)]
            if self.serves(link, listener), !body(self, link) { return false }
            next = link.next
        }
        return true
    }

    fileprivate func standing(_ link: RouteLink, _ preflight: PreflightRequest) -> PreflightStanding {
        guard link.conditions != PathSlot.none else { return .certain }
        var reader = ConditionReader(self.bytes + Int(link.conditions))
        return reader.standing(preflight)
    }

    fileprivate func takesPath(_ link: RouteLink, _ request: RouteRequest) -> Bool {
        guard link.conditions != PathSlot.none else { return true }
        var reader = ConditionReader(self.bytes + Int(link.conditions))
        return reader.takesPath(of: request)
    }
}
