import Foundation
import GatewayModel
import Storage

/// What a list is narrowed down to. Every condition must hold.
struct ResourceFilter: Sendable {
    private var selector = LabelSelector.all
    private var set: String?
    /// Conditions on routes.
    private var host: String?
    private var upstream: String?
    private var listener: String?

    /// The query parameters that lists of a kind take.
    static func names(of kind: ResourceKind) -> Set<String> {
        let common: Set = ["labelSelector", "set"]
        return kind == .route ? common.union(["host", "upstream", "listener"]) : common
    }

    init(_ query: QueryParameters) throws(Refusal) {
        if let text = query["labelSelector"] { self.selector = try LabelSelector(parsing: text) }
        self.set = query["set"]
        self.upstream = query["upstream"]
        self.listener = query["listener"]
        guard let host = query["host"] else { return }
        guard case .exact(let name)? = HostPattern(host.hasSuffix(".") ? String(host.dropLast()) : host) else {
            throw QueryParameters.refusal("host", "must be the name of one host, without port")
        }
        self.host = name
    }

    /// Those that may pass, where that is known without looking at all of a kind; in order.
    func candidates(_ kind: ResourceKind, in configuration: Configuration) -> [String]? {
        guard let upstream else { return nil }
        return configuration.referrers(of: ResourceKey(kind: .upstream, name: upstream))
            .filter { $0.kind == kind }.map(\.name)
    }

    func passes(_ stored: StoredResource, in configuration: Configuration) -> Bool {
        guard self.selector.matches(stored.resource.labels), self.set == nil || stored.owner == self.set else {
            return false
        }
        guard case .route(let route) = stored.resource.spec else { return true }
        if let host, !route.hostnames.isEmpty, !route.hostnames.contains(where: { $0.takes(host) }) { return false }
        guard let listener else { return true }
        return route.listeners.isEmpty
            ? configuration.seesRequests(listener: listener) : route.listeners.contains(listener)
    }

    /// The conditions as they stand in a query, for the link to the next page.
    static func text(_ query: QueryParameters, of kind: ResourceKind) -> String {
        Self.names(of: kind).sorted().compactMap { name in
            query[name]?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "&\(name)=\($0)" }
        }.joined()
    }
}

extension HostPattern {
    fileprivate func takes(_ host: String) -> Bool {
        switch self {
        case .exact(let name): name == host
        case .wildcard(let suffix): host.hasSuffix("." + suffix)
        }
    }
}

extension Configuration {
    /// Routes that name no listener serve those alone that see requests.
    fileprivate func seesRequests(listener name: String) -> Bool {
        guard case .listener(let listener)? = self[ResourceKey(kind: .listener, name: name)]?.spec else { return false }
        return listener.proto.isHTTP
    }
}
