import GatewayModel
import HTTPWire
import Reactor

/// What upstreams are told about the client: `X-Forwarded-*`. What a client itself sends under these names is dropped, unless
/// the listener trusts who sent it.
extension Worker {
    /// Finds out whose request it is, where the listener looks farther than the connection's peer.
    func resolveClient(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        let client = exchange.pointee.client
        let rule = client.listener.clientAddress
        guard rule != .peer else { return }
        exchange.pointee.clientAddress = rule.client(
            peer: client.pointee.forwarded.peer, fields: self.requestHead.fields, of: bytes)
        exchange.pointee.trustsForwarded = rule.trusts(client.pointee.forwarded.peer)
    }

    /// The address of the client, as far as it is known.
    func writeClientAddress(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        if let address = exchange.pointee.clientAddress {
            writer.append(address)
        } else {
            exchange.pointee.client.pointee.forwarded.writeAddress(into: &writer)
        }
    }

    /// - Parameter withheld: what the route's rules speak of.
    func writeForwarded(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ withheld: OwnFields, into writer: inout ByteWriter
    ) {
        let client = exchange.pointee.client
        if client.pointee.hasRules || !withheld.isEmpty {
            return self.writeForwardedByRules(exchange, bytes, withheld, into: &writer)
        }
        writer.append("X-Forwarded-For: ")
        client.pointee.forwarded.writeAddress(into: &writer)
        writer.append("\r\n")
        self.writeProtocol(client, into: &writer)
        self.writeForwardedHost(bytes, into: &writer)
    }

    private func writeProtocol(_ client: ClientRef, into writer: inout ByteWriter) {
        if client.pointee.tls == nil {
            writer.append("X-Forwarded-Proto: http\r\n")
        } else {
            writer.append("X-Forwarded-Proto: https\r\n")
        }
    }

    private func writeForwardedHost(_ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        guard !self.requestHead.authority.isEmpty else { return }
        writer.append("X-Forwarded-Host: ")
        writer.append(bytes.extracting(self.requestHead.authority.range))
        writer.append("\r\n")
    }

    /// Behind trusted proxies: their list goes on with the peer at its end, and what they say of protocol and host stands.
    @inline(never)
    private func writeForwardedByRules(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ withheld: OwnFields, into writer: inout ByteWriter
    ) {
        let client = exchange.pointee.client
        if !withheld.contains(.forwardedFor) { self.writeForwardedFor(exchange, bytes, into: &writer) }
        let trusts = exchange.pointee.trustsForwarded
        if !withheld.contains(.forwardedProtocol), !trusts || !self.copyLine("x-forwarded-proto", bytes, into: &writer)
        {
            self.writeProtocol(client, into: &writer)
        }
        if !withheld.contains(.forwardedHost), !trusts || !self.copyLine("x-forwarded-host", bytes, into: &writer) {
            self.writeForwardedHost(bytes, into: &writer)
        }
        guard client.pointee.hasRules, !withheld.contains(.forwardedCertificate) else { return }
        self.writeClientCertificate(client, bytes, into: &writer)
    }

    private func writeForwardedFor(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        writer.append("X-Forwarded-For: ")
        if exchange.pointee.trustsForwarded {
            self.writeLines("x-forwarded-for", bytes, into: &writer) { $0.append(", ") }
            exchange.pointee.client.pointee.forwarded.writeAddress(into: &writer)
        } else {
            self.writeClientAddress(exchange, into: &writer)
        }
        writer.append("\r\n")
    }

    /// The client speaks TLS, with the gateway or with a proxy that is trusted.
    func isSecure(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) -> Bool {
        var isSecure: Bool?
        if exchange.pointee.trustsForwarded {
            self.writeValues("x-forwarded-proto", bytes) { isSecure = isSecure ?? $0.equals("https") }
        }
        return isSecure ?? (exchange.pointee.client.pointee.tls != nil)
    }

    /// `X-Forwarded-Client-Cert`, as the listener says.
    private func writeClientCertificate(_ client: ClientRef, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        let identity = client.identity
        let forwarding = client.listener.forwarding
        let own = identity.map { $0.isVerified ? $0.forwarded : [] } ?? []
        let passes =
            switch forwarding {
            case .sanitize, .sanitizeSet: false
            case .forwardOnly, .appendForward: !own.isEmpty
            case .alwaysForwardOnly: true
            }
        let adds = (forwarding == .sanitizeSet || forwarding == .appendForward) && !own.isEmpty
        guard adds || passes && self.hasLine("x-forwarded-client-cert", bytes) else { return }
        writer.append("X-Forwarded-Client-Cert: ")
        var separator = false
        if passes {
            self.writeValues("x-forwarded-client-cert", bytes) { value in
                if separator { writer.append(",") }
                writer.append(value)
                separator = true
            }
        }
        if adds {
            if separator { writer.append(",") }
            writer.append(own.span)
        }
        writer.append("\r\n")
    }

    // MARK: Lines of the request's head

    private func hasLine(_ name: StaticString, _ bytes: Span<UInt8>) -> Bool {
        var found = false
        self.writeValues(name, bytes) { _ in found = true }
        return found
    }

    private func writeValues(_ name: StaticString, _ bytes: Span<UInt8>, _ visit: (Span<UInt8>) -> Void) {
        for index in 0..<self.requestHead.fields.count {
            let line = self.requestHead.fields[index]
            guard line.known == .xForwarded, !line.value.isEmpty, bytes.extracting(line.name.range).equals(name) else {
                continue
            }
            visit(bytes.extracting(line.value.range))
        }
    }

    private func writeLines(
        _ name: StaticString, _ bytes: Span<UInt8>, into writer: inout ByteWriter,
        separator: (inout ByteWriter) -> Void
    ) {
        self.writeValues(name, bytes) { value in
            writer.append(value)
            separator(&writer)
        }
    }

    /// Copies the first line of that name. `false`: there is none.
    private func copyLine(_ name: StaticString, _ bytes: Span<UInt8>, into writer: inout ByteWriter) -> Bool {
        var isDone = false
        self.writeValues(name, bytes) { value in
            guard !isDone else { return }
            writer.append(name)
            writer.append(": ")
            writer.append(value)
            writer.append("\r\n")
            isDone = true
        }
        return isDone
    }
}
