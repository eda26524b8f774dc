import GatewayModel

/// How a replica finds the endpoints of one upstream.
///
/// Endpoints that the upstream's document lists and of which nothing was found out are left out: they are healthy.
package struct UpstreamHealth: Hashable, Sendable {
    /// One endpoint.
    package struct Endpoint: Hashable, Sendable {
        /// `address:port`.
        package let endpoint: String
        package let isHealthy: Bool
        /// Such as `probe-failed: 503` and `ejected: consecutive-5xx`.
        package let reasons: [String]
        /// When that changed last, in milliseconds since 1970; `nil`: it never did.
        package let since: Int64?
        /// Of one that was discovered: its share among the others.
        package let weight: Int
        /// Of one that was discovered: used only when too few of the others are healthy.
        package let isBackup: Bool

        package init(
            endpoint: String, isHealthy: Bool, reasons: [String], since: Int64?, weight: Int = 1, isBackup: Bool = false
        ) {
            self.weight = weight
            self.isBackup = isBackup
            self.endpoint = endpoint
            self.isHealthy = isHealthy
            self.reasons = reasons
            self.since = since
        }
    }

    package let upstream: String
    package let endpoints: [Endpoint]

    package init(upstream: String, endpoints: [Endpoint]) {
        self.upstream = upstream
        self.endpoints = endpoints
    }
}

extension UpstreamHealth {
    init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(json, "an upstream's health", fields: ["upstream", "endpoints"])
        var endpoints: [Endpoint] = []
        for json in try reader.array("endpoints") { endpoints.append(try Endpoint(json)) }
        self.init(upstream: try reader.string("upstream"), endpoints: endpoints)
    }

    var json: JSON { ["upstream": .string(self.upstream), "endpoints": .array(self.endpoints.map(\.json))] }
}

extension UpstreamHealth.Endpoint {
    fileprivate init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(
            json, "an endpoint's health", fields: ["endpoint", "healthy", "reasons", "since", "weight", "backup"])
        guard let isHealthy = try reader.value("healthy").boolValue else {
            throw ProtocolError("\"healthy\" of an endpoint's health must be true or false")
        }
        // Years have four digits.
        let since = try reader.optionalCount("since").flatMap { $0 < 253_402_300_800_000 ? $0 : nil }
        self.init(
            endpoint: try reader.string("endpoint"), isHealthy: isHealthy,
            reasons: try reader.array("reasons").compactMap(\.stringValue), since: since,
            weight: Int(clamping: try reader.optionalCount("weight") ?? 1), isBackup: json["backup"]?.boolValue ?? false
        )
    }

    fileprivate var json: JSON {
        var members: JSONObject = [
            "endpoint": .string(self.endpoint), "healthy": .bool(self.isHealthy),
            "reasons": .array(self.reasons.map { .string($0) }), "since": self.since.map { .integer($0) } ?? .null,
        ]
        if self.weight != 1 { members["weight"] = .integer(Int64(self.weight)) }
        if self.isBackup { members["backup"] = .bool(true) }
        return .object(members)
    }
}
