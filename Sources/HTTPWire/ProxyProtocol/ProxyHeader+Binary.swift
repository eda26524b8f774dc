/// Version 2: signature, command, family, length, addresses, TLVs.
extension ProxyHeader {
    private static let fixedBytes = 16
    private static let checksumType: UInt8 = 0x03

    static func parseBinary(_ bytes: Span<UInt8>) -> ProxyHeader {
        switch bytes.begins(with: "\r\n\r\n\0\r\nQUIT\n") {
        case nil: return .incomplete
        case false?: return .absent
        case true?: break
        }
        guard bytes.count > 12 else { return .incomplete }
        let isLocal = bytes[12] == 0x20
        guard isLocal || bytes[12] == 0x21 else { return .malformed }
        guard bytes.count > 13 else { return .incomplete }
        // What LOCAL carries is to be ignored, family and all.
        guard let addressBytes = isLocal ? 0 : Self.addressBytes(family: bytes[13]) else { return .malformed }
        guard bytes.count >= Self.fixedBytes else { return .incomplete }
        let end = Self.fixedBytes + Int(bytes[14]) * 256 + Int(bytes[15])
        guard end <= Self.longest, end >= Self.fixedBytes + addressBytes else { return .malformed }
        guard bytes.count >= end else { return .incomplete }
        let header = bytes.extracting(0..<end)
        guard isLocal || Self.hasGoodTLVs(header, from: Self.fixedBytes + addressBytes) else { return .malformed }
        return .header(end: end, source: isLocal ? nil : Self.source(header))
    }

    /// Bytes of both addresses and ports; `nil` for what no stream listener is sent: datagrams and unassigned values.
    private static func addressBytes(family: UInt8) -> Int? {
        switch family {
        case 0x00: 0
        case 0x11: 12
        case 0x21: 36
        case 0x31: 216
        default: nil
        }
    }

    private static func source(_ header: Span<UInt8>) -> ProxiedAddress? {
        let size: Int
        switch header[13] {
        case 0x11: size = 4
        case 0x21: size = 16
        default: return nil
        }
        let start = Self.fixedBytes
        guard let address = IPBytes(networkOrder: header.extracting(start..<(start + size))) else { return nil }
        let port = start + 2 * size
        return ProxiedAddress(address: address, port: UInt16(header[port]) << 8 | UInt16(header[port + 1]))
    }

    /// The TLVs fill the header to its end; a checksum, of which there is at most one, is right.
    private static func hasGoodTLVs(_ header: Span<UInt8>, from start: Int) -> Bool {
        var offset = start
        var checksum: Int?
        while offset < header.count {
            guard header.count - offset >= 3 else { return false }
            let length = Int(header[offset + 1]) * 256 + Int(header[offset + 2])
            guard header.count - offset - 3 >= length else { return false }
            if header[offset] == Self.checksumType {
                guard length == 4, checksum == nil else { return false }
                checksum = offset + 3
            }
            offset += 3 + length
        }
        guard let checksum else { return true }
        var sent: UInt32 = 0
        for index in 0..<4 { sent = sent << 8 | UInt32(header[checksum + index]) }
        return header.crc32c(zeroing: checksum..<(checksum + 4)) == sent
    }
}

extension Span where Element == UInt8 {
    /// CRC32c (RFC 9260 appendix A) as if the bytes in `hole` were zero. Bit by bit: it runs once per connection, over a
    /// few dozen bytes.
    func crc32c(zeroing hole: Range<Int>) -> UInt32 {
        var crc = UInt32.max
        for offset in self.indices {
            crc ^= UInt32(hole.contains(offset) ? 0 : self[offset])
            for _ in 0..<8 { crc = crc &>> 1 ^ (0x82F6_3B78 & (0 &- (crc & 1))) }
        }
        return ~crc
    }
}
