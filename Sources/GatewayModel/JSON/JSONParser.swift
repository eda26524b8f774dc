extension JSON {
    /// Parses one document (RFC 8259), strictly: valid UTF-8, no duplicate names, at most 64 levels, nothing behind it.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.document()
    }

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in try JSON(parsing: buffer) }
        }
        self = try result.get()
    }

    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A recursive-descent parser over bytes. Every index is checked against the end before it is used.
struct JSONParser {
    static let depthLimit = 64
    /// Objects beyond this size look for duplicates in a set, smaller ones one by one.
    private static let smallObject = 16

    let bytes: UnsafeRawBufferPointer
    var position = 0
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> JSON {
        self.skipSpace()
        let value = try self.value()
        self.skipSpace()
        guard self.position == self.bytes.count else { throw self.error("unexpected text after the document") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        guard let byte = self.peek else { throw self.error("unexpected end") }
        switch byte {
        case 0x7B: return try self.nested { (parser) throws(JSONError) in .object(try parser.object()) }
        case 0x5B: return try self.nested { (parser) throws(JSONError) in .array(try parser.array()) }
        case 0x22: return .string(try self.string())
        case 0x74: return try self.literal("true", .bool(true))
        case 0x66: return try self.literal("false", .bool(false))
        case 0x6E: return try self.literal("null", .null)
        case 0x2D, 0x30...0x39: return try self.number()
        default: throw self.error("unexpected character")
        }
    }

    private mutating func nested(_ body: (inout JSONParser) throws(JSONError) -> JSON) throws(JSONError) -> JSON {
        guard self.depth < Self.depthLimit else { throw self.error("nested more than \(Self.depthLimit) levels") }
        self.depth += 1
        self.position += 1
        let value = try body(&self)
        self.depth -= 1
        return value
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        var elements: [JSON] = []
        self.skipSpace()
        if self.take(0x5D) { return elements }
        while true {
            self.skipSpace()
            elements.append(try self.value())
            self.skipSpace()
            if self.take(0x5D) { return elements }
            guard self.take(0x2C) else { throw self.error("expected , or ]") }
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        var members: [JSONObject.Member] = []
        var names: Set<String> = []
        self.skipSpace()
        if self.take(0x7D) { return JSONObject() }
        while true {
            self.skipSpace()
            let start = self.position
            guard self.peek == 0x22 else { throw self.error("expected a member name") }
            let name = try self.string()
            guard self.isNew(name, &names, members) else {
                throw JSONError(offset: start, message: "duplicate member \"\(name)\"")
            }
            self.skipSpace()
            guard self.take(0x3A) else { throw self.error("expected :") }
            self.skipSpace()
            members.append((name, try self.value()))
            self.skipSpace()
            if self.take(0x7D) { return JSONObject(uniqueMembers: members) }
            guard self.take(0x2C) else { throw self.error("expected , or }") }
        }
    }

    private func isNew(_ name: String, _ names: inout Set<String>, _ members: [JSONObject.Member]) -> Bool {
        guard members.count >= Self.smallObject else { return !members.contains { $0.name == name } }
        if names.isEmpty { names = Set(members.map(\.name)) }
        return names.insert(name).inserted
    }

    private mutating func literal(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for index in 0..<text.utf8CodeUnitCount {
            guard self.peek == text.utf8Start[index] else { throw self.error("unexpected character") }
            self.position += 1
        }
        return value
    }

    private mutating func skipSpace() {
        while let byte = self.peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.position += 1 }
    }

    /// Steps over `byte` when it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard self.peek == byte else { return false }
        self.position += 1
        return true
    }

    var peek: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    func error(_ message: String) -> JSONError { JSONError(offset: self.position, message: message) }
}
