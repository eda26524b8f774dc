extension JSONReader {
    /// The value that starts here, whole.
    package mutating func value() throws(JSONError) -> JSON {
        self.skipSpace()
        switch self.current {
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "{"): return .object(try self.object())
        case UInt8(ascii: "["): return .array(try self.array())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number()
        case UInt8(ascii: "t"): return try self.literal("true", .bool(true))
        case UInt8(ascii: "f"): return try self.literal("false", .bool(false))
        case UInt8(ascii: "n"): return try self.literal("null", .null)
        default: throw self.failure("a value is expected")
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let end = self.offset + word.utf8CodeUnitCount
        guard end <= self.bytes.count else { throw self.failure("a value is expected") }
        for index in 0..<word.utf8CodeUnitCount where self.bytes[self.offset + index] != word.utf8Start[index] {
            throw self.failure("a value is expected")
        }
        self.offset = end
        return value
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        try self.openArray()
        let start = self.elements.count
        var isFirst = true
        while try self.nextElement(&isFirst) {
            let element = try self.value()
            self.elements.append(element)
        }
        guard self.elements.count > start else { return [] }
        let taken = Array(self.elements[start...])
        self.elements.removeLast(taken.count)
        return taken
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try self.openObject()
        let start = self.members.count
        var isFirst = true
        while let name = try self.nextMember(&isFirst) {
            let value = try self.value()
            self.members.append((name, value))
        }
        guard self.members.count > start else { return JSONObject() }
        let taken = Array(self.members[start...])
        self.members.removeLast(taken.count)
        if let name = firstDuplicate(in: taken) { throw self.failure("the member \(name.quoted) comes twice") }
        return JSONObject(distinct: taken)
    }
}

/// The first name that comes twice (RFC 8259 section 4 leaves their meaning open, so they are refused).
///
/// Pairs for short objects, a set for long ones: a stranger's object of 100,000 members must not cost their square.
private func firstDuplicate(in members: [(name: String, value: JSON)]) -> String? {
    guard members.count > 12 else {
        for index in members.indices.dropFirst() {
            let name = members[index].name
            for other in 0..<index where members[other].name == name { return name }
        }
        return nil
    }
    var seen = Set<String>(minimumCapacity: members.count)
    return members.first { !seen.insert($0.name).inserted }?.name
}
