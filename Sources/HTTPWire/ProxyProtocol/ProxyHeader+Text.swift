/// Version 1: `PROXY TCP4 source destination port port` CRLF.
extension ProxyHeader {
    /// Bytes of the longest line, with its CRLF.
    private static let longestLine = 107

    static func parseText(_ bytes: Span<UInt8>) -> ProxyHeader {
        switch bytes.begins(with: "PROXY ") {
        case nil: return .incomplete
        case false?: return .absent
        case true?: break
        }
        var end = 6
        while end < bytes.count, end < Self.longestLine, bytes[end] != 0x0D {
            guard bytes[end] >= 0x20, bytes[end] < 0x7F else { return .malformed }
            end += 1
        }
        guard end + 1 < Self.longestLine else { return .malformed }
        guard end + 1 < bytes.count else { return .incomplete }
        guard bytes[end + 1] == 0x0A else { return .malformed }
        return Self.parseLine(bytes.extracting(6..<end), end: end + 2)
    }

    private static func parseLine(_ line: Span<UInt8>, end: Int) -> ProxyHeader {
        // What follows UNKNOWN is to be ignored.
        if line.matches("UNKNOWN") || line.begins(with: "UNKNOWN ") == true {
            return .header(end: end, source: nil)
        }
        let isIPv4 = line.begins(with: "TCP4 ") == true
        guard isIPv4 || line.begins(with: "TCP6 ") == true else { return .malformed }
        var words = Words(line.count, from: 5)
        guard let source = Self.address(line.extracting(words.next(line)), isIPv4: isIPv4),
            Self.address(line.extracting(words.next(line)), isIPv4: isIPv4) != nil,
            let port = line.extracting(words.next(line)).portNumber,
            line.extracting(words.next(line)).portNumber != nil, words.isAtEnd
        else { return .malformed }
        return .header(end: end, source: ProxiedAddress(address: source, port: port))
    }

    /// The family is told by the notation: a mapped address is written in IPv6's.
    private static func address(_ text: Span<UInt8>, isIPv4: Bool) -> IPBytes? {
        guard let address = IPBytes(text) else { return nil }
        return text.indices.contains { text[$0] == 0x3A } != isIPv4 ? address : nil
    }
}

/// The words of a line with single spaces between them; an empty range where there is none.
private struct Words {
    private var offset: Int
    private let count: Int

    init(_ count: Int, from offset: Int) {
        self.offset = offset
        self.count = count
    }

    mutating func next(_ line: Span<UInt8>) -> Range<Int> {
        let start = min(self.offset, self.count)
        var end = start
        while end < self.count, line[end] != 0x20 { end += 1 }
        self.offset = end + 1
        return start..<end
    }

    /// Whether the last word ended with the line.
    var isAtEnd: Bool { self.offset == self.count + 1 }
}
