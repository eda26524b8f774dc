import GatewayModel
import HTTPWire
import Routing

/// Whose request it is, by the listener that took the connection.
struct ExplainedClient {
    /// Who connects.
    let peer: IPBytes
    let address: IPBytes
    /// TLS is spoken with the gateway, or with a proxy that is trusted.
    let isSecure: Bool
    private let source: ClientAddressSource
    private let trustsPeer: Bool

    init(_ arrival: Arrival, peer: IPBytes, _ head: ExplainedHead) {
        let source = arrival.isTunnel ? .peer : arrival.connection?.clientAddress ?? .peer
        let rule = ClientAddressRule(source)
        self.peer = peer
        self.source = source
        self.address = arrival.isTunnel ? peer : head.client(rule, peer: peer)
        self.trustsPeer = rule.trusts(peer)
        let said = self.trustsPeer ? head.value(of: "x-forwarded-proto") : nil
        self.isSecure = said.map { $0 == "https" } ?? arrival.isSecure
    }

    var json: JSON {
        [
            "address": .string(self.address.text), "peer": .string(self.peer.text), "source": .string(self.sourceName),
            "detail": .string(self.detail),
        ]
    }

    private var sourceName: String {
        switch self.source {
        case .peer: "peer"
        case .trustedHops, .trustedCIDRs: "x-forwarded-for"
        case .header: "header"
        }
    }

    private var detail: String {
        switch self.source {
        case .peer: "who connects is the client"
        case .trustedHops(let hops):
            self.address == self.peer
                ? "X-Forwarded-For has no address at entry \(hops) from the right"
                : "entry \(hops) from the right of X-Forwarded-For"
        case .trustedCIDRs where !self.trustsPeer: "who connects is no trusted proxy"
        case .trustedCIDRs:
            self.address == self.peer
                ? "X-Forwarded-For has no address"
                : "the first from the right of X-Forwarded-For that is no trusted proxy"
        case .header(let name):
            self.address == self.peer ? "the field \(name) holds no one address" : "the field \(name)"
        }
    }
}

extension IPBytes {
    /// The canonical text.
    var text: String {
        let room = 40
        return String(unsafeUninitializedCapacity: room) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            var writer = ByteWriter(base, capacity: room)
            writer.append(self)
            return writer.count
        }
    }
}
