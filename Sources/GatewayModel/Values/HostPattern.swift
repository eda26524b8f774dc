/// A host name, or `*.` before one: lower-case and checked.
package enum HostPattern: Hashable, Sendable {
    case exact(String)
    /// Any number of labels before `suffix`, at least one; the suffix itself is not meant.
    case wildcard(suffix: String)

    /// - Returns: `nil` for what is no host name (RFC 1123 section 2.1) or IP literal, with or without `*.`.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let lowered = text.utf8.contains { $0 &- 0x41 < 26 } ? text.lowercased() : text
        if lowered.hasPrefix("*.") {
            let suffix = String(lowered.dropFirst(2))
            guard Self.isHostName(suffix) else { return nil }
            self = .wildcard(suffix: suffix)
        } else {
            guard Self.isHostName(lowered) || Self.isBracketedAddress(lowered) else { return nil }
            self = .exact(lowered)
        }
    }

    /// As it is written in documents, lower-case.
    package var text: String {
        switch self {
        case .exact(let name): name
        case .wildcard(let suffix): "*." + suffix
        }
    }

    /// Labels of 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end, between single dots.
    private static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        var length = 0
        var previous = UInt8(ascii: ".")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."):
                guard length > 0, previous != UInt8(ascii: "-") else { return false }
                length = 0
            case UInt8(ascii: "-"):
                guard length > 0 else { return false }
                length += 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                length += 1
            default: return false
            }
            guard length <= 63 else { return false }
            previous = byte
        }
        return length > 0 && previous != UInt8(ascii: "-")
    }

    private static func isBracketedAddress(_ text: String) -> Bool {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return false }
        return IPAddress(String(text.dropFirst().dropLast()))?.isIPv6 == true
    }
}

extension FaultCollector {
    func hostPattern(_ json: JSON) -> HostPattern? {
        guard let text = self.string(json) else { return nil }
        if let pattern = HostPattern(text) { return pattern }
        self.report(
            "format", "\(text.quoted) is no host name", hint: "write \"shop.example.com\" or \"*.example.com\"")
        return nil
    }

    func address(_ json: JSON) -> IPAddress? {
        guard let text = self.string(json) else { return nil }
        if let address = IPAddress(text) { return address }
        self.report(
            "format", "\(text.quoted) is no IP address",
            hint: "a host name goes into discovery, with type \"dns\"")
        return nil
    }

    func port(_ json: JSON) -> UInt16? {
        self.integer(json, in: 1...65535).map { UInt16(clamping: $0) }
    }

    /// A resource's name: `[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?`.
    func name(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        if ResourceKey.isName(text) { return text }
        self.report(
            "format", "\(text.quoted) is no name",
            hint: "at most 63 of a-z, 0-9, - and . ; the first and the last a letter or digit")
        return nil
    }
}
