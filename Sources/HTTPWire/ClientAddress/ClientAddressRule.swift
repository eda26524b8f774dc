/// Who the client of a request is, when load balancers stand in front of the gateway.
///
/// `X-Forwarded-For` is read from the right, because each proxy appends the peer that it saw and only the right end was
/// written by parties that are trusted. Several field lines are one list (RFC 9110 section 5.3); empty entries do not
/// count.
package enum ClientAddressRule: Hashable, Sendable {
    /// The peer of the connection (or who the PROXY protocol said that it is); fields are not read.
    case peer
    /// So many proxies stand in front: entry N from the right is the client, 1 being the rightmost. It is the peer when
    /// there are fewer entries or when that entry is no address; also for 0 hops. (Envoy: `use_remote_address` with
    /// `xff_num_trusted_hops`.)
    case trustedHops(Int)
    /// Proxies are known by address. When the peer is trusted, the first address from the right that is not is the client;
    /// if all are trusted, the leftmost. An entry that is no address stops the walk at the last one that was. When the
    /// peer is not trusted it is the client itself. (Envoy: `xff_trusted_cidrs`.)
    case trustedCIDRs(CIDRSet)
    /// The one field of this name, lower case, holds an address; the peer when it is missing, there twice, or something
    /// else. Whoever reaches the listener can set it: only for listeners that none but the balancer reaches.
    case header([UInt8])

    /// - Returns: `nil` when negative or over 255.
    package init?(trustedHops hops: Int) {
        guard (0...255).contains(hops) else { return nil }
        self = .trustedHops(hops)
    }

    /// - Returns: `nil` when empty, or when one is no block.
    package init?(trustedCIDRs texts: [String]) {
        guard let set = CIDRSet(texts: texts), !set.isEmpty else { return nil }
        self = .trustedCIDRs(set)
    }

    /// - Returns: `nil` when it is no field name (RFC 9110 section 5.1) of at most 256 bytes.
    package init?(header name: String) {
        let bytes = name.utf8.map(\.lowercased)
        guard !bytes.isEmpty, bytes.count <= 256, bytes.allSatisfy(\.isToken) else { return nil }
        self = .header(bytes)
    }
}

extension ClientAddressRule {
    /// Whether what the peer says about those before it is to be believed.
    package func trusts(_ peer: IPBytes) -> Bool {
        switch self {
        case .peer, .header: false
        case .trustedHops(let hops): hops > 0
        case .trustedCIDRs(let blocks): blocks.contains(peer)
        }
    }

    /// The client of a request that came from `peer` with these fields. Allocates nothing.
    package func client(peer: IPBytes, fields: borrowing FieldLines, of bytes: Span<UInt8>) -> IPBytes {
        switch self {
        case .peer:
            return peer
        case .header(let name):
            return Self.only(name.span, in: fields, of: bytes) ?? peer
        case .trustedHops, .trustedCIDRs:
            var walk = ForwardedWalk(peer: peer, rule: self)
            for index in stride(from: fields.count - 1, through: 0, by: -1) where !walk.isDecided {
                let line = fields[index]
                guard line.known == .xForwarded, bytes.extracting(line.name.range).equals("x-forwarded-for") else {
                    continue
                }
                walk.take(bytes.extracting(line.value.range), rule: self)
            }
            return walk.client
        }
    }

    private static func only(
        _ name: Span<UInt8>, in fields: borrowing FieldLines, of bytes: Span<UInt8>
    ) -> IPBytes? {
        var found: Slice?
        for index in 0..<fields.count {
            let line = fields[index]
            guard line.name.range.count == name.count, bytes.extracting(line.name.range).equalsIgnoringCase(name) else {
                continue
            }
            guard found == nil else { return nil }
            found = line.value
        }
        guard let found else { return nil }
        return IPBytes(forwarded: bytes.extracting(found.range))
    }
}
