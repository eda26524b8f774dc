/// A checked IPv4 or IPv6 literal, in the form that was given.
package struct IPAddress: Hashable, Sendable {
    /// As it was given, without brackets.
    package let text: String
    /// Whether it is of IP version 6, else of 4.
    package let isIPv6: Bool

    /// - Returns: `nil` for anything but an address: names, ports, zones and brackets included.
    package init?(_ text: String) {
        if Self.isIPv4(text) {
            self.isIPv6 = false
        } else if Self.isIPv6(text) {
            self.isIPv6 = true
        } else {
            return nil
        }
        self.text = text
    }

    /// `host:port`, with brackets around IPv6 (RFC 3986 section 3.2.2).
    package func authority(port: UInt16) -> String {
        self.isIPv6 ? "[\(self.text)]:\(port)" : "\(self.text):\(port)"
    }

    private static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && (part.utf8.count == 1 || part.utf8.first != 0x30) && UInt8(part) != nil
            }
    }

    /// Eight groups, or fewer around one `::`; the last two may be an IPv4 address (RFC 4291 section 2.2).
    private static func isIPv6(_ text: String) -> Bool {
        guard (2...45).contains(text.utf8.count) else { return false }
        guard let gap = text.firstRange(of: "::") else { return Self.groups(text) == 8 }
        guard let before = Self.groups(text[..<gap.lowerBound], allowsIPv4: false),
            let after = Self.groups(text[gap.upperBound...])
        else { return false }
        return before + after <= 7
    }

    /// How many 16-bit groups the text stands for; `nil` when one is malformed.
    private static func groups(_ text: some StringProtocol, allowsIPv4: Bool = true) -> Int? {
        guard !text.isEmpty else { return 0 }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (index, part) in parts.enumerated() {
            if allowsIPv4, index == parts.count - 1, part.contains(".") {
                guard Self.isIPv4(part) else { return nil }
                count += 2
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexDigit) else { return nil }
                count += 1
            }
        }
        return count
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        (0x30...0x39).contains(self) || (0x61...0x66).contains(self | 0x20)
    }
}

extension StringProtocol {
    /// The first occurrence of a short text.
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var start = self.startIndex
        while start < self.endIndex {
            if self[start...].hasPrefix(text) { return start..<self.index(start, offsetBy: text.count) }
            start = self.index(after: start)
        }
        return nil
    }
}
