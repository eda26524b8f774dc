/// The lines that tell a backend who calls.
///
/// A field that two policies write has the value of the last. A value is written as it is, UTF-8 included, or not at all:
/// with control characters (C0, DEL and, in UTF-8, C1), with a space at an end, which readers would drop (RFC 9110 section
/// 5.5), empty or with over 4,096 bytes it is left out, and the backend gets no line of that name. Nothing is encoded, so
/// that no two callers look the same to a backend.
struct IdentityLines {
    private static let valueLimit = 4096

    private(set) var bytes: [UInt8] = []
    /// Where the lines of a name are, by the name in lower case.
    private var places: [(name: String, range: Range<Int>)] = []

    mutating func set(_ field: String, _ value: String) {
        let name = field.lowercased()
        self.remove([name])
        guard Self.isWritable(value) else { return }
        let start = self.bytes.count
        self.bytes += field.utf8
        self.bytes += ": ".utf8
        self.bytes += value.utf8
        self.bytes += "\r\n".utf8
        self.places.append((name, start..<self.bytes.count))
    }

    /// All lines of another; mostly there are none yet, and nothing is looked at.
    mutating func set(_ other: IdentityLines) {
        if self.bytes.isEmpty {
            self = other
        } else if !other.bytes.isEmpty {
            self.set(lines: other.bytes)
        }
    }

    /// - Parameter lines: whole ones, each with CRLF; several of one name all stay.
    mutating func set(lines: [UInt8]) {
        var added: [(name: String, line: ArraySlice<UInt8>)] = []
        var rest = lines[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[...end]
            rest = rest[(end + 1)...]
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            added.append((String(decoding: line[..<colon], as: UTF8.self).lowercased(), line))
        }
        self.remove(Set(added.map(\.name)))
        for (name, line) in added {
            let start = self.bytes.count
            self.bytes += line
            self.places.append((name, start..<self.bytes.count))
        }
    }

    private mutating func remove(_ names: Set<String>) {
        guard self.places.contains(where: { names.contains($0.name) }) else { return }
        let kept = self.places.filter { !names.contains($0.name) }
        let old = self.bytes
        self.bytes = []
        self.places = []
        for place in kept {
            let start = self.bytes.count
            self.bytes += old[place.range]
            self.places.append((place.name, start..<self.bytes.count))
        }
    }

    static func isWritable(_ value: String) -> Bool {
        guard let first = value.utf8.first, let last = value.utf8.last, first != 0x20, last != 0x20 else {
            return false
        }
        return value.utf8.count <= Self.valueLimit
            && value.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }
}
