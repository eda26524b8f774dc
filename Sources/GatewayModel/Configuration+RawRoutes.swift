extension Configuration {
    /// Listeners that see no requests, or see them, take routes of their own kind alone.
    func listenerFaults(of route: Route) -> [Fault] {
        let protocols = route.listeners.enumerated().compactMap { index, name -> (Int, ListenerProtocol)? in
            guard case .listener(let listener)? = self.resources[ResourceKey(kind: .listener, name: name)]?.spec else {
                return nil
            }
            return (index, listener.proto)
        }
        guard let raw = protocols.first(where: { !$0.1.isHTTP }) else { return [] }
        if protocols.contains(where: { $0.1.isHTTP }) {
            return [
                Fault(
                    pointer: "/listeners/\(raw.0)", code: "conflict",
                    detail: "a route serves listeners that see requests, or listeners that see none, but not both")
            ]
        }
        if route.matches != [RouteMatch(path: .prefix("/"))] {
            return [
                Fault(
                    pointer: "/matches", code: "conflict",
                    detail: "a \(raw.1.rawValue) listener sees no requests: its routes have no matches")
            ]
        }
        if !route.policies.isEmpty {
            return [
                Fault(
                    pointer: "/policies", code: "conflict",
                    detail: "a \(raw.1.rawValue) listener sees no requests: policies have nothing to act on")
            ]
        }
        if let field = route.fieldOfRequests {
            return [
                Fault(
                    pointer: "/\(field)", code: "conflict",
                    detail: "a \(raw.1.rawValue) listener sees no requests: \(field) has nothing to act on")
            ]
        }
        if route.timeouts.request != RouteTimeouts().request || route.timeouts.backendRequest != 0 {
            return [
                Fault(
                    pointer: "/timeouts", code: "conflict",
                    detail: "a \(raw.1.rawValue) listener sees no requests: of the timeouts only idle counts")
            ]
        }
        for (index, share) in route.forward.enumerated() {
            let key = ResourceKey(kind: .upstream, name: share.upstream)
            guard case .upstream(let upstream)? = self.resources[key]?.spec, upstream.proto != .http1 else { continue }
            return [
                Fault(
                    pointer: "/forward/\(index)/upstream", code: "conflict",
                    detail:
                        "bytes of a \(raw.1.rawValue) listener cannot go to an upstream of \(upstream.proto.rawValue)",
                    hint: "leave the upstream's protocol at http1, whose connections carry any bytes")
            ]
        }
        return raw.1 == .tcp && !route.hostnames.isEmpty
            ? [Fault(pointer: "/hostnames", code: "conflict", detail: "a tcp listener knows no hostnames")] : []
    }
}

extension Route {
    /// A field that is there and means nothing where no requests are seen.
    fileprivate var fieldOfRequests: String? {
        switch self.action {
        case .redirect: return "redirect"
        case .respond: return "respond"
        case .forward: break
        }
        if self.sticky != nil { return "sticky" }
        if self.rewrite != nil { return "rewrite" }
        if !self.requestHeaders.isEmpty { return "requestHeaders" }
        if !self.responseHeaders.isEmpty { return "responseHeaders" }
        if !self.mirrors.isEmpty { return "mirror" }
        if self.retry != nil { return "retry" }
        let hasRules = self.forward.firstIndex {
            $0.rewrite != nil || !$0.requestHeaders.isEmpty || !$0.responseHeaders.isEmpty
        }
        return hasRules.map { "forward/\($0)" }
    }
}
