extension JSON {
    /// All text beyond ASCII, of names and values, in the canonical order of members.
    ///
    /// Swift takes strings for equal that Unicode calls equivalent, an é of one code point and one of two; on the wire they
    /// are not. Values that are equal are the same only when this is.
    var textBeyondASCII: [[UInt8]] {
        var found: [[UInt8]] = []
        self.collectText(&found)
        return found
    }

    private func collectText(_ found: inout [[UInt8]]) {
        switch self {
        case .null, .bool, .integer, .double: break
        case .string(let text): Self.note(text, &found)
        case .array(let elements): for element in elements { element.collectText(&found) }
        case .object(let object):
            for member in object.sortedByName().members {
                Self.note(member.name, &found)
                member.value.collectText(&found)
            }
        }
    }

    private static func note(_ text: String, _ found: inout [[UInt8]]) {
        if text.utf8.contains(where: { $0 >= 0x80 }) { found.append(Array(text.utf8)) }
    }
}
