import ControlProtocol
import GatewayModel

/// A configuration of one listener, one upstream and one route.
enum Sample {
    static func endpoint(_ address: String, weight: Int = 1, isBackup: Bool = false) -> UpstreamEndpoint {
        guard let address = IPAddress(address) else { preconditionFailure("no address: \(address)") }
        return UpstreamEndpoint(address: address, port: 80, weight: weight, isBackup: isBackup)
    }

    static func entry(_ text: String, order: Int64) throws -> SnapshotEntry {
        SnapshotEntry(resource: try Resource(document: JSON(parsing: text)), order: order)
    }

    static func listener(port: Int) throws -> SnapshotEntry {
        try Self.entry(#"{"kind":"listener","name":"web","address":"127.0.0.1","port":\#(port)}"#, order: 1)
    }

    static func content(version: Int64 = 1, port: Int = 8080) throws -> SnapshotContent {
        var content = SnapshotContent(identity: "me")
        content.set(try Self.listener(port: port))
        content.set(
            try Self.entry(
                #"{"kind":"upstream","name":"api","endpoints":[{"address":"127.0.0.1","port":9001}]}"#, order: 2))
        content.set(
            try Self.entry(#"{"kind":"route","name":"r","forward":[{"upstream":"api"}]}"#, order: 3))
        content.version = version
        return content
    }
}
