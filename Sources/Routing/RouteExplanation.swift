/// Why a route takes a request and others do not.
package struct RouteExplanation: Sendable {
    /// The name of a rule that a route failed.
    package enum Predicate: String, Sendable {
        case listener, hostname, path
    }

    /// A route that was looked at.
    package struct Candidate: Sendable {
        package let route: CompiledRoute
        /// The first rule that it failed; `nil`: it could serve, and those before it are preferred.
        package let failed: Predicate?
    }

    /// Slot of the listener that took the request.
    package let listener: Int?
    /// By rank, at most 100; those that could serve come first within a host.
    package let candidates: [Candidate]
    package let taken: CompiledRoute?
}
