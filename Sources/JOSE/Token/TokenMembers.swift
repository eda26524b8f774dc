import GatewayModel

/// What is taken of the members of a header or a payload.
protocol TokenMembers {
    init()
    /// Called for each member in turn.
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: MemberValue) throws(TokenFault)
}

/// The value of a member: read, or still its text.
enum MemberValue {
    case text(UnsafeRawBufferPointer)
    case value(JSON)

    func json() throws(TokenFault) -> JSON {
        switch self {
        case .value(let value): return value
        case .text(let text):
            guard let value = try? JSON(parsing: text) else { throw .malformed }
            return value
        }
    }

    func string() throws(TokenFault) -> String {
        if case .text(let text) = self, let plain = plainString(text) { return plain }
        guard case .string(let text) = try self.json() else { throw .malformed }
        return text
    }
}

/// The text between quotes when it has no escapes, which is how nearly all are; of bytes that are known to be UTF-8 and one
/// value.
private func plainString(_ text: UnsafeRawBufferPointer) -> String? {
    guard text.count >= 2, text.first == UInt8(ascii: "\""), offset(of: UInt8(ascii: "\\"), in: text, from: 1) == nil
    else {
        return nil
    }
    let body = UnsafeRawBufferPointer(rebasing: text[1..<(text.count - 1)])
    return body.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
}

extension TokenMembers {
    /// Reads one object. Refused are what `JSONReader` refuses, duplicate members at any depth among it (RFC 8725 section 3.1
    /// wants one meaning), and everything that is no object.
    init(reading bytes: UnsafeRawBufferPointer) throws(TokenFault) {
        guard isUTF8(bytes) else { throw .malformed }
        do throws(ObjectScanner.Stop) {
            self = try Self.scanned(bytes)
        } catch {
            switch error {
            case .malformed: throw .malformed
            case .refused(let fault): throw fault
            case .intricate: self = try Self.read(bytes)
            }
        }
    }

    private static func scanned(_ bytes: UnsafeRawBufferPointer) throws(ObjectScanner.Stop) -> Self {
        let result = withUnsafeTemporaryAllocation(of: ObjectScanner.Name.self, capacity: ObjectScanner.nameLimit) {
            names in
            Result { () throws(ObjectScanner.Stop) in
                var members = Self()
                var scanner = ObjectScanner(bytes, names: names)
                try scanner.walk { (name, value) throws(ObjectScanner.Stop) in
                    do throws(TokenFault) { try members.take(name, .text(value)) } catch { throw .refused(error) }
                }
                return members
            }
        }
        return try result.get()
    }

    /// Rare: with the tree.
    @inline(never)
    private static func read(_ bytes: UnsafeRawBufferPointer) throws(TokenFault) -> Self {
        guard let object = (try? JSON(parsing: bytes))?.objectValue else { throw .malformed }
        var members = Self()
        for (name, value) in object.members {
            let result = Array(name.utf8).withUnsafeBytes { name in
                Result { () throws(TokenFault) in try members.take(name, .value(value)) }
            }
            try result.get()
        }
        return members
    }
}
