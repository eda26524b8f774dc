package import GatewayModel

extension ChannelMessage {
    /// The largest packet; a socket buffer of the default size holds several.
    package static let maximumBytes = 60 * 1024

    /// The packet. Reasons that do not fit are left out, the first ones stay.
    package func encoded() -> [UInt8] {
        let bytes = self.json.encoded()
        guard bytes.count > Self.maximumBytes, case .rejected(let version, let reasons) = self else { return bytes }
        return Self.rejected(version: version, reasons: reasons.shortened()).json.encoded()
    }

    /// Reads one packet.
    package init(parsing bytes: [UInt8]) throws(ChannelError) {
        let parsed: JSON
        do { parsed = try JSON(parsing: bytes) } catch { throw .malformed("not JSON: \(error.message)") }
        guard let message = Self(json: parsed) else { throw .malformed("unknown message") }
        self = message
    }

    private var json: JSON {
        switch self {
        case .prepare(let version): ["type": "prepare", "version": .integer(version)]
        case .sockets(let addresses): ["type": "sockets", "addresses": .array(addresses.map(\.json))]
        case .commit(let version): ["type": "commit", "version": .integer(version)]
        case .abort(let version): ["type": "abort", "version": .integer(version)]
        case .metrics: ["type": "metrics"]
        case .drain(let delay, let timeout, let isReplaced):
            [
                "type": "drain", "delay": .integer(Int64(clamping: delay)),
                "timeout": .integer(Int64(clamping: timeout)),
                "replaced": .bool(isReplaced),
            ]
        case .ticketKeys(let keys):
            ["type": "ticketKeys", "keys": .array(keys.map { .string(HexText.encode($0)) })]
        case .upstreams(let states): ["type": "upstreams", "states": .array(states.map(\.json))]
        case .ready: ["type": "ready"]
        case .alive: ["type": "alive"]
        case .prepared(let version): ["type": "prepared", "version": .integer(version)]
        case .rejected(let version, let reasons):
            ["type": "rejected", "version": .integer(version), "reasons": .array(reasons.map(\.json))]
        case .committed(let version): ["type": "committed", "version": .integer(version)]
        case .metricsReport: ["type": "metricsReport"]
        case .drained: ["type": "drained"]
        case .ejection(let ejection): ejection.json
        case .keySet(let uri, let failure):
            ["type": "keySet", "uri": .string(uri), "failure": failure.map { .string($0) } ?? .null]
        case .keySetWanted(let uri): ["type": "keySetWanted", "uri": .string(uri)]
        case .firewallEvent(let event, let dropped):
            ["type": "firewallEvent", "event": .object(event), "dropped": .integer(dropped)]
        }
    }

    private init?(json: JSON) {
        switch json["type"]?.stringValue {
        case "sockets":
            guard let addresses = json["addresses"]?.arrayValue else { return nil }
            self = .sockets(addresses.compactMap(ListenAddress.init(json:)))
        case "drain":
            guard let delay = json["delay"]?.integerValue, let timeout = json["timeout"]?.integerValue else {
                return nil
            }
            self = .drain(
                delayMilliseconds: UInt64(clamping: delay), timeoutMilliseconds: UInt64(clamping: timeout),
                isReplaced: json["replaced"]?.boolValue ?? false)
        case "ticketKeys":
            guard let texts = json["keys"]?.arrayValue else { return nil }
            let keys = texts.compactMap { $0.stringValue.flatMap(HexText.decode) }
            guard keys.count == texts.count else { return nil }
            self = .ticketKeys(keys)
        case "upstreams":
            guard let listed = json["states"]?.arrayValue else { return nil }
            let states = listed.compactMap(UpstreamState.init(json:))
            guard states.count == listed.count else { return nil }
            self = .upstreams(states)
        case "ejection":
            guard let ejection = EndpointEjection(json: json) else { return nil }
            self = .ejection(ejection)
        case "keySet":
            guard let uri = json["uri"]?.stringValue else { return nil }
            self = .keySet(uri: uri, failure: json["failure"]?.stringValue)
        case "keySetWanted":
            guard let uri = json["uri"]?.stringValue else { return nil }
            self = .keySetWanted(uri: uri)
        case "firewallEvent":
            guard let event = json["event"]?.objectValue else { return nil }
            self = .firewallEvent(event, dropped: max(0, json["dropped"]?.integerValue ?? 0))
        case "metrics": self = .metrics
        case "ready": self = .ready
        case "alive": self = .alive
        case "metricsReport": self = .metricsReport
        case "drained": self = .drained
        case let type: self.init(versioned: type, json: json)
        }
    }

    private init?(versioned type: String?, json: JSON) {
        guard let version = json["version"]?.integerValue else { return nil }
        switch type {
        case "prepare": self = .prepare(version: version)
        case "commit": self = .commit(version: version)
        case "abort": self = .abort(version: version)
        case "prepared": self = .prepared(version: version)
        case "committed": self = .committed(version: version)
        case "rejected":
            let reasons = json["reasons"]?.arrayValue ?? []
            self = .rejected(version: version, reasons: reasons.map(RejectedReason.init(json:)))
        default: return nil
        }
    }
}

extension ListenAddress {
    /// An object with `address` and `port`.
    package var json: JSON { ["address": .string(self.address), "port": .integer(Int64(self.port))] }

    /// `nil` when a member is missing or no port.
    package init?(json: JSON) {
        guard let address = json["address"]?.stringValue, let port = json["port"]?.integerValue else { return nil }
        guard let port = UInt16(exactly: port) else { return nil }
        self.init(address: address, port: port)
    }
}

extension RejectedReason {
    fileprivate var json: JSON {
        var members: JSONObject = ["message": .string(self.message)]
        if let kind { members["kind"] = .string(kind) }
        if let name { members["name"] = .string(name) }
        return .object(members)
    }

    fileprivate init(json: JSON) {
        self.init(
            kind: json["kind"]?.stringValue, name: json["name"]?.stringValue,
            message: json["message"]?.stringValue ?? "no reason given")
    }
}

extension [RejectedReason] {
    /// At most 100 reasons of at most 40 scalars: less than `ChannelMessage.maximumBytes`, whatever they hold.
    fileprivate func shortened() -> [RejectedReason] {
        self.prefix(100).map { reason in
            RejectedReason(
                kind: reason.kind, name: reason.name, message: String(reason.message.unicodeScalars.prefix(40)))
        }
    }
}
