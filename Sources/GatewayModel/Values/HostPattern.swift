/// A host name, or `*.` before one: lower-case and checked.
package enum HostPattern: Hashable, Sendable {
    case exact(String)
    /// Any number of labels before `suffix`, at least one; the suffix itself is not meant.
    case wildcard(suffix: String)

    /// - Returns: `nil` for what is no host name (RFC 1123 section 2.1) or IP literal, with or without `*.`.
    package init?(_ text: String) {
        let lowered = text.lowercased()
        if lowered.hasPrefix("*.") {
            let suffix = String(lowered.dropFirst(2))
            guard Self.isHostName(suffix) else { return nil }
            self = .wildcard(suffix: suffix)
        } else {
            guard Self.isHostName(lowered) || Self.isBracketedAddress(lowered) else { return nil }
            self = .exact(lowered)
        }
    }

    package var text: String {
        switch self {
        case .exact(let name): name
        case .wildcard(let suffix): "*." + suffix
        }
    }

    private static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.first != 0x2D && label.utf8.last != 0x2D
                && label.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
    }

    private static func isBracketedAddress(_ text: String) -> Bool {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return false }
        return IPAddress(String(text.dropFirst().dropLast()))?.isIPv6 == true
    }
}

extension FaultCollector {
    func hostPattern(_ json: JSON, at pointer: String) -> HostPattern? {
        guard let text = self.string(json, at: pointer) else { return nil }
        if let pattern = HostPattern(text) { return pattern }
        self.report(
            pointer, "format", "\"\(text)\" is no host name", hint: "write \"shop.example.com\" or \"*.example.com\"")
        return nil
    }

    func address(_ json: JSON, at pointer: String) -> IPAddress? {
        guard let text = self.string(json, at: pointer) else { return nil }
        if let address = IPAddress(text) { return address }
        self.report(
            pointer, "format", "\"\(text)\" is no IP address",
            hint: "host names come with DNS discovery, which is not available in this version")
        return nil
    }

    func port(_ json: JSON, at pointer: String) -> UInt16? {
        self.integer(json, at: pointer, in: 1...65535).map { UInt16(clamping: $0) }
    }

    /// A resource's name: `[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?`.
    func name(_ json: JSON, at pointer: String) -> String? {
        guard let text = self.string(json, at: pointer) else { return nil }
        if ResourceKey.isName(text) { return text }
        self.report(
            pointer, "format", "\"\(text)\" is no name",
            hint: "at most 63 of a-z, 0-9, - and . ; the first and the last a letter or digit")
        return nil
    }
}
