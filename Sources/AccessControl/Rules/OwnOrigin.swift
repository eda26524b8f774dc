/// Whether an origin as browsers write it (RFC 6454 section 6.2) is that of the request itself: the same scheme, host and port,
/// with the scheme's own port where there is none. `null` never is.
func isOwnOrigin(_ origin: UnsafeRawBufferPointer, isSecure: Bool, authority: UnsafeRawBufferPointer) -> Bool {
    let scheme: StaticString = isSecure ? "https://" : "http://"
    let count = scheme.utf8CodeUnitCount
    guard origin.count > count, UnsafeRawBufferPointer(rebasing: origin[..<count]).isText(scheme) else { return false }
    let own = HostAndPort(authority, isSecure)
    let other = HostAndPort(UnsafeRawBufferPointer(rebasing: origin[count...]), isSecure)
    guard let own, let other, own.port == other.port, own.host.count == other.host.count else { return false }
    return own.host.indices.allSatisfy { lowercased(own.host[$0]) == lowercased(other.host[$0]) }
}

private func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

/// The parts of an authority (RFC 3986 section 3.2).
private struct HostAndPort {
    let host: UnsafeRawBufferPointer
    let port: UInt32

    /// - Returns: `nil` for an empty host and for a port that is no number up to 65535.
    init?(_ text: UnsafeRawBufferPointer, _ isSecure: Bool) {
        let own: UInt32 = isSecure ? 443 : 80
        let colon = text.lastIndex(of: UInt8(ascii: ":"))
        let bracket = text.lastIndex(of: UInt8(ascii: "]")) ?? -1
        guard let colon, colon > bracket else {
            guard !text.isEmpty else { return nil }
            (self.host, self.port) = (text, own)
            return
        }
        guard colon > 0, text.count &- colon <= 6 else { return nil }
        var port: UInt32 = 0
        for byte in text[(colon &+ 1)...] {
            guard (0x30...0x39).contains(byte) else { return nil }
            port = port &* 10 &+ UInt32(byte &- 0x30)
        }
        guard port <= 65535 else { return nil }
        self.host = UnsafeRawBufferPointer(rebasing: text[..<colon])
        self.port = colon &+ 1 == text.count ? own : port
    }
}
