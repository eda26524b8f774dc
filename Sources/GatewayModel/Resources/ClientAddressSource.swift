/// Where the address of a request's client stands.
package enum ClientAddressSource: Hashable, Sendable {
    /// The peer of the connection, or whom the PROXY protocol named.
    case peer
    /// So many proxies have added themselves to `X-Forwarded-For`; at least 1.
    case trustedHops(Int)
    /// Proxies are known by these blocks; never empty.
    case trustedCIDRs([String])
    /// The one field of this name, in lower case.
    case header(String)
}

extension ClientAddressSource {
    private enum Source: String, CaseIterable {
        case peer
        case forwardedFor = "x-forwarded-for"
        case header
    }

    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let source = reader.read("source", default: Source.peer) { collector.word($0, Source.self) }
        let hops = reader.read("trustedHops", default: 0) { collector.integer($0, in: 0...255).map { Int($0) } }
        let blocks = reader.read("trustedCIDRs", default: []) { json in
            collector.distinctList(json) { collector.block($0) }
        }
        let header = reader.optional("header") { collector.fieldName($0) }
        switch source {
        case .peer: self = .peer
        case .forwardedFor where hops > 0 && blocks.isEmpty: self = .trustedHops(hops)
        case .forwardedFor where hops == 0 && !blocks.isEmpty: self = .trustedCIDRs(blocks)
        case .forwardedFor:
            collector.report("conflict", "x-forwarded-for needs one of trustedHops and trustedCIDRs")
            return nil
        case .header:
            guard let header else {
                if reader.present(["header"]) == 0 { reader.fault("header", "required", "which field is it?") }
                return nil
            }
            self = .header(header)
        }
        Self.checkUnused(source, hops: hops, blocks: blocks, header: header, &reader)
    }

    private static func checkUnused(
        _ source: Source, hops: Int, blocks: [String], header: String?, _ reader: inout ObjectReader
    ) {
        if source != .forwardedFor, hops > 0 || !blocks.isEmpty {
            reader.fault("source", "conflict", "trustedHops and trustedCIDRs go with the source x-forwarded-for")
        }
        if source != .header, header != nil { reader.fault("header", "conflict", "header goes with the source header") }
    }
}

extension FaultCollector {
    /// A block of addresses, `10.0.0.0/8`, or one address.
    func block(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if let address = parts.first.flatMap({ IPAddress(String($0)) }) {
            let longest = address.isIPv6 ? 128 : 32
            if parts.count == 1 { return text }
            if parts.count == 2, let length = UInt8(parts[1]), length <= longest, parts[1] == "\(length)" {
                return text
            }
        }
        self.report("format", "\(text.quoted) is no block of addresses", hint: "write \"10.0.0.0/8\" or \"fd00::/8\"")
        return nil
    }

    /// A field name (RFC 9110 section 5.1), in lower case.
    func fieldName(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let isToken = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "!#$%&'*+-.^`|~".utf8.contains(byte)
            }
        }
        if isToken, (1...256).contains(text.utf8.count) { return text.lowercased() }
        self.report("format", "\(text.quoted) is no field name")
        return nil
    }
}
