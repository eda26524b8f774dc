import AccessControl
import ControlProtocol
package import GatewayModel
import HTTPWire
import Routing

/// A request at the place where it arrives.
struct RoutedRequest {
    let head: ExplainedHead
    let arrival: Arrival
    let client: ExplainedClient
    /// What the connection is taken to have proved.
    let certificate: CertificateNames?
    /// Fields that were left out, for only the gateway writes them.
    let reserved: [String]
    /// Seconds since 1970.
    let now: Int64
}

/// Which route takes a request and what becomes of it, and what became of the other routes.
package struct Explanation {
    /// As the API and the command line show it.
    package let json: JSON

    /// A request that is none.
    fileprivate init(refusing request: ExplainRequest) {
        var members = Self.empty
        members["request"] = ["method": .string(request.method), "host": "", "path": .string(request.url), "query": ""]
        members.set(.badRequest)
        self.json = .object(members)
    }

    /// A request that nobody listens for.
    fileprivate init(unheard head: ExplainedHead) {
        var members = Self.empty
        members["request"] = head.json
        members.set(ExplainedAnswer(status: nil, reason: "no-listener"))
        self.json = .object(members)
    }

    fileprivate init(_ request: RoutedRequest, _ url: ExplainedURL, _ gateway: Gateway, _ replicas: [ReplicaView]) {
        let arrival = request.arrival
        var members = Self.empty
        members["request"] = request.head.json
        members["client"] = request.client.json
        members["listener"] = arrival.listener.map { .string($0.name) } ?? .null
        members["address"] = .string("\(arrival.group.address):\(arrival.group.port)")
        let reserved = request.reserved.map {
            "the field \($0) is the gateway's own: what clients send there never counts"
        }
        members["notes"] = .array((arrival.notes(url) + reserved).map { .string($0) })
        members["candidates"] = .array(arrival.routing.candidates.map(\.json))
        let early = ExplainedAnswer(arrival, url, request.head)
        if let early { members.set(early) }
        // What is answered before routing asks no route.
        if let route = arrival.routing.taken, early == nil {
            members["route"] = .string(route.name)
            members.set(route, request, gateway, replicas)
        }
        self.json = .object(members)
    }

    /// Every member, in order.
    private static var empty: JSONObject {
        [
            "request": .null, "client": .null, "listener": .null, "address": .null, "route": .null, "status": .null,
            "reason": .null, "location": .null, "upstream": .null, "share": .null, "split": [], "endpoint": .null,
            "destinations": [], "policies": [], "timeouts": .null, "retry": .null, "mirrors": [], "notes": [],
            "candidates": [],
        ]
    }
}

extension JSONObject {
    fileprivate mutating func set(_ answer: ExplainedAnswer) {
        self["status"] = answer.status.map { .integer(Int64($0)) } ?? .null
        self["reason"] = answer.reason.map(JSON.string) ?? .null
    }

    fileprivate mutating func set(
        _ route: CompiledRoute, _ request: RoutedRequest, _ gateway: Gateway, _ replicas: [ReplicaView]
    ) {
        let policies = ExplainedPolicies(request.arrival.listener, route, gateway.shared)
        let isTunnel = request.arrival.isTunnel
        // Connections that are passed on are no requests, and have no policies.
        let access = isTunnel ? nil : ExplainedAccess(route, request, gateway.shared, at: request.now)
        self["policies"] = .array((access?.json ?? []) + policies.json)
        self["timeouts"] = route.timeoutsJSON
        let abort = isTunnel ? nil : access?.refusal ?? policies.abort
        if let abort { self.set(abort) }
        let isAborted = abort != nil
        if let plan = route.plan?.takeUnretainedValue(), let answer = plan.answer, !isTunnel {
            let own = ExplainedOwnAnswer(answer, request)
            if !isAborted { self.set(own.answer) }
            self["location"] = isAborted ? .null : own.location.map(JSON.string) ?? .null
            return
        }
        self["retry"] = isTunnel ? .null : route.retryJSON(request.head.head.method)
        self["mirrors"] = route.mirrorsJSON { gateway.upstreams[$0]?.upstream.name }
        let answer = self.setDestinations(route, request, gateway, replicas)
        if let answer, !isAborted { self.set(answer) }
    }

    /// - Returns: what the gateway answers because no share or no endpoint can take the request.
    private mutating func setDestinations(
        _ route: CompiledRoute, _ request: RoutedRequest, _ gateway: Gateway, _ replicas: [ReplicaView]
    ) -> ExplainedAnswer? {
        let isTunnel = request.arrival.isTunnel
        let split = ExplainedSplit(route, request.head, client: request.client.address, hasHead: !isTunnel)
        let destinations = split.possible.compactMap { place in
            gateway.destination(place, split.shares[place].upstream, of: route, request, replicas)
        }
        self["share"] = split.json
        self["split"] = split.list
        self["upstream"] = split.place.map { .string(split.shares[$0].upstream) } ?? .null
        self["destinations"] = .array(destinations.map(\.json))
        if destinations.count == 1 { self["endpoint"] = destinations[0].json["endpoint"] ?? .null }
        if split.decision == .none { return isTunnel ? ExplainedAnswer(status: nil, reason: "no-share") : .noShare }
        let refusals = destinations.map(\.refusal)
        return refusals.allSatisfy { $0?.reason != nil && $0?.reason == refusals[0]?.reason }
            ? refusals.first ?? nil : nil
    }
}

extension Gateway {
    /// Explains a request with the code that serves it.
    ///
    /// The URL's port says where the request arrives, or a listener's `publicPort`. When nobody listens there, which is so for
    /// gateways behind a port mapping, all addresses are asked, those that speak the URL's scheme first, and the first that has
    /// a route answers.
    ///
    /// - Parameters:
    ///   - replicas: what live ones say of endpoints.
    ///   - now: in seconds since 1970, for what credentials say of times.
    package func explain(
        _ request: ExplainRequest, seenBy replicas: [ReplicaView] = [], at now: Int64 = 0
    ) -> Explanation {
        let (request, reserved) = request.without(self.shared.access.reservedFields)
        guard let url = ExplainedURL(request.url), let head = ExplainedHead(request, url) else {
            return Explanation(refusing: request)
        }
        let arrivals = self.arrivals(url, head)
        let best =
            arrivals.first { $0.routing.taken != nil } ?? arrivals.first { $0.routing.listener != nil }
            ?? arrivals.first
        guard let best else { return Explanation(unheard: head) }
        let peer = IPBytes(text: request.clientAddress) ?? IPBytes(ipv4: 0x7F00_0001)
        let routed = RoutedRequest(
            head: head, arrival: best, client: ExplainedClient(best, peer: peer, head),
            certificate: request.certificate, reserved: reserved, now: now)
        return Explanation(routed, url, self, replicas)
    }

    /// - Parameter place: of the share.
    fileprivate func destination(
        _ place: Int, _ name: String, of route: CompiledRoute, _ request: RoutedRequest, _ replicas: [ReplicaView]
    ) -> ExplainedDestination? {
        guard let slot = self.slot(ofUpstream: name), let entry = self.upstreams[slot] else { return nil }
        let share = route.plan?.takeUnretainedValue().share(at: place)?.pointee
        return ExplainedDestination(
            entry.upstream, place: place, share, request, replicas, AffinityKey(identity: self.identity))
    }
}

extension Arrival {
    /// What people may not expect.
    fileprivate func notes(_ url: ExplainedURL) -> [String] {
        var notes: [String] = []
        if self.nearness > .publicPort {
            notes.append("nobody listens at port \(url.port): a proxy or a port mapping is taken to stand in front")
        }
        if url.isSecure, let connection, !self.isTunnel, connection.proto == .http {
            notes.append("\(connection.name) speaks no TLS: something in front is taken to end it")
        }
        return notes
    }
}

extension ExplainedHead {
    fileprivate var json: JSON {
        [
            "method": .string(self.method), "host": .string(self.host), "path": .string(self.pathText),
            "query": .string(self.query),
        ]
    }
}

extension RouteExplanation.Candidate {
    fileprivate var json: JSON {
        [
            "route": .string(self.route.name),
            "upstream": self.route.upstream < 0 ? .null : .string(self.route.upstreamName),
            "failed": self.failed.map { .string($0.description) } ?? .null, "givenUp": .bool(self.isGivenUp),
        ]
    }
}
