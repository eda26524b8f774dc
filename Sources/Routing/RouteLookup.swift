/// What a lookup comes to.
package enum RouteLookup {
    /// No listener or no route takes the request.
    case none
    /// The reference is not retained: it holds until the next commit.
    ///
    /// `prefix` says how many bytes of the path matched, the last slash of a prefix not counted; 0 for a regular expression.
    case found(Unmanaged<CompiledRoute>, prefix: Int)
    /// A regular expression was given up: whether its route takes the request is not known, so none may.
    case limit

    @inline(__always)
    var isDecided: Bool {
        if case .none = self { false } else { true }
    }

    /// A regular expression was given up.
    package var isGivenUp: Bool {
        if case .limit = self { true } else { false }
    }

    /// The route, when one takes the request.
    @inline(__always)
    package var route: Unmanaged<CompiledRoute>? {
        if case .found(let route, _) = self { route } else { nil }
    }
}
