import Balancing
import GatewayModel
import Routing

/// The endpoint that a request comes to where endpoints are as some replicas see them.
struct ExplainedChoice {
    /// What decides.
    enum Decision: String {
        /// The cookie of session persistence.
        case cookie
        /// Consistent hashing.
        case hash
        /// There is no other.
        case only
        /// The algorithm, by chance or by turns: another request may go elsewhere.
        case algorithm
        /// None may be used.
        case none
        /// They are discovered, and nobody has said which there are.
        case unknown
    }

    /// Ids; empty: no replica says anything.
    var replicas: [String]
    let seen: ExplainedEndpoints
    let decision: Decision
    /// `address:port`.
    let endpoint: String?
    private let standing: Balancer.Standing
    private let candidates: Set<Int>
    private let detail: String

    init(_ seen: ExplainedEndpoints, replicas: [String], _ upstream: Upstream, _ key: ExplainedKey) {
        var balancer = seen.balancer(upstream)
        let standing = balancer.standing(now: 0)
        (self.replicas, self.seen, self.standing) = (replicas, seen, standing)
        self.candidates = Set(standing.candidates)
        let names = seen.endpoints.map(\.endpoint.authority)
        if upstream.discovery != nil, seen.endpoints.isEmpty {
            (self.decision, self.endpoint) = (.unknown, nil)
            self.detail = "endpoints are discovered, and none has been named by a live replica"
        } else if let place = key.persisted(names), seen.endpoints[place].isHealthy {
            (self.decision, self.endpoint) = (.cookie, names[place])
            self.detail = "the cookie \(key.cookieName) names this endpoint"
        } else if let hash = key.hash, let slot = balancer.pick(0, hash: hash, avoiding: TriedEndpoints(), now: 0) {
            (self.decision, self.endpoint) = (.hash, names[slot])
            self.detail = "a hash of \(key.text)"
        } else if let first = standing.candidates.first {
            let isOnly = standing.candidates.count == 1
            (self.decision, self.endpoint) = (isOnly ? .only : .algorithm, isOnly ? names[first] : nil)
            self.detail = isOnly ? "no other endpoint is used" : upstream.loadBalancing.algorithm.text + key.missing
        } else {
            (self.decision, self.endpoint) = (.none, nil)
            self.detail = "no endpoint may be used"
        }
    }

    var json: JSON {
        [
            "replicas": .array(self.replicas.map { .string($0) }),
            "endpoint": self.endpoint.map(JSON.string) ?? .null, "by": .string(self.decision.rawValue),
            "detail": .string(self.detail), "panic": .bool(self.standing.isPanicking),
            "backupPercent": .integer(Int64(self.standing.backupPercent)),
            "endpoints": .array(self.seen.endpoints.enumerated().map { self.json($0, $1) }),
        ]
    }

    private func json(_ slot: Int, _ place: ExplainedEndpoints.Endpoint) -> JSON {
        [
            "endpoint": .string(place.endpoint.authority), "weight": .integer(Int64(place.endpoint.weight)),
            "backup": .bool(place.endpoint.isBackup), "healthy": .bool(place.isHealthy),
            "reasons": .array(place.reasons.map { .string($0) }),
            "candidate": .bool(self.candidates.contains(slot)),
        ]
    }
}

/// What of a request decides over its endpoint.
struct ExplainedKey {
    let cookieName: String
    /// `nil`: nothing is hashed, or the request has nothing of that kind.
    let hash: UInt64?
    /// What is hashed, for people.
    let text: String
    /// What the request has not.
    let missing: String
    private let token: [UInt8]?
    private let upstream: String
    private let affinity: AffinityKey

    init(
        _ upstream: Upstream, _ affinity: AffinityKey, _ head: ExplainedHead, _ client: ExplainedClient, hasHead: Bool
    ) {
        self.upstream = upstream.name
        self.affinity = affinity
        self.cookieName = upstream.persistence?.name ?? ""
        self.token =
            upstream.persistence == nil || !hasHead ? nil : head.cookie(upstream.persistence?.name ?? "")
        let (hash, text) = Self.hashed(upstream.loadBalancing.hashOn, head, client, hasHead: hasHead)
        (self.hash, self.text) = (hash, text)
        let isMissing = upstream.loadBalancing.hashOn != nil && hash == nil
        self.missing = isMissing ? "; the request has no \(text)" : ""
    }

    private static func hashed(
        _ source: LoadBalancing.HashSource?, _ head: ExplainedHead, _ client: ExplainedClient, hasHead: Bool
    ) -> (UInt64?, String) {
        let (key, name): (RequestKey, String)
        switch source {
        case nil: return (nil, "")
        case .clientAddress: return (client.address.keyHash, "the client's address \(client.address.text)")
        case .header(let header): (key, name) = (.header, header)
        case .cookie(let cookie): (key, name) = (.cookie, cookie)
        case .query(let parameter): (key, name) = (.query, parameter)
        }
        let text = "\(key == .header ? "field" : key == .cookie ? "cookie" : "query parameter") \(name)"
        guard hasHead, let hash = head.hash(of: key, name) else { return (nil, text) }
        return (hash, "the \(text)")
    }

    /// The place of the endpoint that the client's cookie names.
    func persisted(_ endpoints: [String]) -> Int? {
        guard let token else { return nil }
        return endpoints.firstIndex { self.affinity.token(upstream: self.upstream, endpoint: $0) == token }
    }
}

extension ExplainedHead {
    fileprivate func hash(of key: RequestKey, _ name: String) -> UInt64? {
        self.withRequest { request in
            Array(name.utf8).withUnsafeBytes { request.hash(of: key, named: $0) }
        }
    }

    fileprivate func cookie(_ name: String) -> [UInt8]? {
        self.withRequest { request in
            Array(name.utf8).withUnsafeBytes { request.cookie($0).map { Array($0) } }
        }
    }
}

extension LoadBalancing.Algorithm {
    /// What an algorithm does that does not always come to the same endpoint.
    fileprivate var text: String {
        switch self {
        case .leastRequest: "the less busy of two candidates drawn by weight"
        case .roundRobin: "candidates take turns by weight"
        case .random: "a candidate drawn by weight"
        case .consistentHash: "a candidate drawn at random"
        case .peakEWMA: "the one of two candidates drawn by weight that promises the shorter wait"
        }
    }
}
