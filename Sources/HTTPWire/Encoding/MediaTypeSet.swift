/// Media types, and families of them (`text/*`), for look-ups without allocation.
///
/// An event stream is in the set only by its full name: compressing one costs a flush per event, which people must want.
package struct MediaTypeSet: Hashable, Sendable {
    private struct Entry: Hashable, Sendable {
        let start: Int
        let count: Int
        let isFamily: Bool
    }

    /// The names one behind the other; those of families end with the slash.
    private let names: [UInt8]
    private let entries: [Entry]

    /// - Returns: `nil` when there is none, or one that is not `type/subtype` or `type/*` (RFC 9110 section 8.3.1).
    package init?(names: [String]) {
        var bytes: [UInt8] = []
        var entries: [Entry] = []
        for name in names {
            let text = name.utf8.map(\.lowercased)
            let parts = text.split(separator: 0x2F, omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isToken) }), parts[0] != [0x2A]
            else { return nil }
            let isFamily = parts[1] == [0x2A]
            let kept = isFamily ? text.dropLast() : text[...]
            entries.append(Entry(start: bytes.count, count: kept.count, isFamily: isFamily))
            bytes += kept
        }
        guard !entries.isEmpty else { return nil }
        self.names = bytes
        self.entries = entries
    }

    /// - Parameter contentType: the value of `Content-Type`; parameters do not count.
    package func contains(_ contentType: Span<UInt8>) -> Bool {
        let end = contentType.indices.first { contentType[$0] == 0x3B } ?? contentType.count
        let written = contentType.extracting(0..<end)
        let type = written.extracting(written.trimmedRange)
        let isEventStream = type.equals("text/event-stream")
        for entry in self.entries {
            guard entry.isFamily ? type.count > entry.count && !isEventStream : type.count == entry.count else {
                continue
            }
            let name = self.names.span.extracting(entry.start..<(entry.start + entry.count))
            if type.extracting(first: entry.count).equalsIgnoringCase(name) { return true }
        }
        return false
    }
}
