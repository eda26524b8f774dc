import DataPlane
import GatewayModel

/// What a supervisor and its successor say to each other: one message is one packet of JSON, as in `ChannelMessage`.
///
/// The two may be of different versions: members that are not known are ignored, those that are missing have a default,
/// and a successor that meets a message it cannot read refuses to start, which leaves the old one serving.
enum HandoverMessage: Equatable {
    // MARK: to the successor

    /// Listening sockets come along, in the order of the addresses; each address as often as it has sockets.
    case sockets([ListenAddress])
    /// The listening socket of the admin port comes along.
    case admin(ListenAddress)
    /// The lock of the state folder comes along.
    case lock
    case ticketKeys([[UInt8]], rotatesInMilliseconds: UInt64)
    /// What was counted so far.
    case upgrades(succeeded: Int, failed: Int)
    /// What is known of upstreams comes along in a memfd; see `KnownUpstream`.
    case upstreams
    /// The key sets of token issuers come along in a memfd; see `KnownKeySets`.
    case keySets
    /// Everything was sent. A replica that served nothing yet does not expect its successor to.
    ///
    /// - Parameter identity: of the configuration, where the replica gave it itself.
    case everything(isServing: Bool, identity: String?)
    /// The admin port and the state folder are the successor's now.
    case takeOver

    // MARK: from the successor

    /// All workers serve.
    case ready
}

extension HandoverMessage {
    func encoded() -> [UInt8] { self.json.encoded() }

    init(parsing packet: [UInt8]) throws(ChannelError) {
        let parsed: JSON
        do { parsed = try JSON(parsing: packet) } catch { throw .malformed("not JSON: \(error.message)") }
        guard let message = Self(json: parsed) else { throw .malformed("unknown message") }
        self = message
    }

    private var json: JSON {
        switch self {
        case .sockets(let addresses): ["type": "sockets", "addresses": .array(addresses.map(\.json))]
        case .admin(let address): ["type": "admin", "address": address.json]
        case .lock: ["type": "lock"]
        case .ticketKeys(let keys, let milliseconds):
            [
                "type": "ticketKeys", "keys": .array(keys.map { .string(HexText.encode($0)) }),
                "rotatesIn": .integer(Int64(clamping: milliseconds)),
            ]
        case .upgrades(let succeeded, let failed):
            ["type": "upgrades", "ok": .integer(Int64(succeeded)), "failed": .integer(Int64(failed))]
        case .upstreams: ["type": "upstreams"]
        case .keySets: ["type": "keySets"]
        case .everything(let isServing, let identity):
            [
                "type": "everything", "serving": .bool(isServing),
                "identity": identity.map { .string($0) } ?? .null,
            ]
        case .takeOver: ["type": "takeOver"]
        case .ready: ["type": "ready"]
        }
    }

    private init?(json: JSON) {
        switch json["type"]?.stringValue {
        case "sockets":
            guard let items = json["addresses"]?.arrayValue else { return nil }
            let addresses = items.compactMap(ListenAddress.init(json:))
            guard addresses.count == items.count else { return nil }
            self = .sockets(addresses)
        case "admin":
            guard let address = json["address"].flatMap(ListenAddress.init(json:)) else { return nil }
            self = .admin(address)
        case "lock": self = .lock
        case "ticketKeys":
            let keys = json["keys"]?.arrayValue?.compactMap { $0.stringValue.flatMap(HexText.decode) } ?? []
            self = .ticketKeys(keys, rotatesInMilliseconds: UInt64(clamping: json["rotatesIn"]?.integerValue ?? 0))
        case "upgrades":
            self = .upgrades(
                succeeded: Int(clamping: json["ok"]?.integerValue ?? 0),
                failed: Int(clamping: json["failed"]?.integerValue ?? 0))
        case "upstreams": self = .upstreams
        case "keySets": self = .keySets
        case "everything":
            self = .everything(
                isServing: json["serving"]?.boolValue ?? true, identity: json["identity"]?.stringValue)
        case "takeOver": self = .takeOver
        case "ready": self = .ready
        default: return nil
        }
    }
}
