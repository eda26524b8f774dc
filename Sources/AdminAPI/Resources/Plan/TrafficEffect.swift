import GatewayModel

/// What a change does to requests.
struct TrafficEffect: Sendable {
    enum Code: String, Sendable {
        /// The route is there, and no request comes to anything by it any more.
        case unreachable
        /// So it is with some of the route's matches.
        case partlyUnreachable = "partly-unreachable"
        /// The route goes, or no longer takes some of its hosts and paths.
        case noLongerServed = "no-longer-served"
        /// Requests go to other upstreams, or in other shares.
        case moves
        /// Who had to be known before they came through need not any more.
        case becomesPublic = "becomes-public"
        case listenerCloses = "listener-closes"
        case listenerMoves = "listener-moves"
        case protocolChanges = "protocol-changes"
    }

    let code: Code
    let key: ResourceKey
    let detail: String

    var json: JSON {
        [
            "code": .string(self.code.rawValue), "kind": .string(self.key.kind.rawValue),
            "name": .string(self.key.name), "detail": .string(self.detail),
        ]
    }
}
