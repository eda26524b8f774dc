/// Why a route takes a request and others do not.
package struct RouteExplanation: Sendable {
    /// A rule that a route failed.
    package enum Predicate: Hashable, Sendable, CustomStringConvertible {
        case listener, hostname, path, method
        case header(String), query(String), cookie(String)

        /// Such as `path` or `header x-env`.
        package var description: String {
            switch self {
            case .listener: "listener"
            case .hostname: "hostname"
            case .path: "path"
            case .method: "method"
            case .header(let name): "header \(name)"
            case .query(let name): "query \(name)"
            case .cookie(let name): "cookie \(name)"
            }
        }
    }

    /// A route that was looked at.
    package struct Candidate: Sendable {
        package let route: CompiledRoute
        /// The first rule that its best match failed; `nil`: it could serve, and those before it are preferred.
        package let failed: Predicate?
        /// The search for the regular expression of `failed` was given up, and with it the request.
        package let isGivenUp: Bool
    }

    /// Slot of the listener that took the request.
    package let listener: Int?
    /// By rank, at most 100; those that could serve come first within a host.
    package let candidates: [Candidate]
    package let taken: CompiledRoute?
    /// Bytes of the path that its match takes; see `RouteLookup.found`.
    package let matched: Int
    /// No route takes it because the search for a regular expression was given up.
    package let isGivenUp: Bool
}
