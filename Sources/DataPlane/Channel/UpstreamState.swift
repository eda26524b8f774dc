package import GatewayModel

/// All the supervisor knows of one upstream; a later state of the same upstream replaces it as a whole.
package struct UpstreamState: Hashable, Sendable {
    package let upstream: String
    /// What was discovered, sorted; `nil`: as the document lists them, or nothing was found yet.
    package let endpoints: [UpstreamEndpoint]?
    /// `UpstreamEndpoint.authority` of those that probes found unhealthy.
    package let unhealthy: Set<String>

    package init(upstream: String, endpoints: [UpstreamEndpoint]?, unhealthy: Set<String>) {
        self.upstream = upstream
        self.endpoints = endpoints
        self.unhealthy = unhealthy
    }
}

/// What the passive checks of one worker did to one endpoint.
package struct EndpointEjection: Hashable, Sendable {
    package let upstream: String
    /// `UpstreamEndpoint.authority`.
    package let endpoint: String
    /// `false`: the ejection is over.
    package let isEjected: Bool
    /// Which check it was, such as `consecutive-5xx`.
    package let reason: String

    package init(upstream: String, endpoint: String, isEjected: Bool, reason: String) {
        self.upstream = upstream
        self.endpoint = endpoint
        self.isEjected = isEjected
        self.reason = reason
    }
}

extension UpstreamState {
    package var json: JSON {
        [
            "upstream": .string(self.upstream),
            "endpoints": self.endpoints.map { .array($0.map(\.json)) } ?? .null,
            "unhealthy": .array(self.unhealthy.sorted().map { .string($0) }),
        ]
    }

    package init?(json: JSON) {
        guard let upstream = json["upstream"]?.stringValue, let names = json["unhealthy"]?.arrayValue else {
            return nil
        }
        let unhealthy = names.compactMap(\.stringValue)
        let listed = json["endpoints"]?.arrayValue
        let endpoints = listed?.compactMap(UpstreamEndpoint.init(json:))
        guard unhealthy.count == names.count, endpoints?.count == listed?.count else { return nil }
        self.init(upstream: upstream, endpoints: endpoints, unhealthy: Set(unhealthy))
    }
}

extension UpstreamEndpoint {
    fileprivate var json: JSON {
        var members: JSONObject = [
            "address": .string(self.address.text), "port": .integer(Int64(self.port)),
            "weight": .integer(Int64(self.weight)),
        ]
        if self.isBackup { members["backup"] = .bool(true) }
        return .object(members)
    }

    fileprivate init?(json: JSON) {
        guard let address = json["address"]?.stringValue.flatMap({ IPAddress($0) }),
            let port = json["port"]?.integerValue.flatMap({ UInt16(exactly: $0) }),
            let weight = json["weight"]?.integerValue.flatMap({ Int(exactly: $0) })
        else { return nil }
        self.init(address: address, port: port, weight: weight, isBackup: json["backup"]?.boolValue ?? false)
    }
}

extension EndpointEjection {
    var json: JSON {
        [
            "type": "ejection", "upstream": .string(self.upstream), "endpoint": .string(self.endpoint),
            "ejected": .bool(self.isEjected), "reason": .string(self.reason),
        ]
    }

    init?(json: JSON) {
        guard let upstream = json["upstream"]?.stringValue, let endpoint = json["endpoint"]?.stringValue,
            let isEjected = json["ejected"]?.boolValue
        else { return nil }
        self.init(
            upstream: upstream, endpoint: endpoint, isEjected: isEjected, reason: json["reason"]?.stringValue ?? "")
    }
}
