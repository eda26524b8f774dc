import GatewayModel

/// Takes the members of a message's object one by one and refuses the ones that nobody asked for.
struct MessageReader {
    private let object: JSONObject
    private let what: String

    /// - Parameter what: what the object is, for messages.
    init(_ json: JSON, _ what: String, fields: Set<String>) throws(ProtocolError) {
        guard let object = json.objectValue else {
            throw ProtocolError("\(what) must be an object, not \(json.kindName)")
        }
        for member in object.members where !fields.contains(member.name) {
            throw ProtocolError("\(what) has the unknown member \"\(member.name)\"")
        }
        self.object = object
        self.what = what
    }

    func value(_ name: String) throws(ProtocolError) -> JSON {
        guard let value = self.object[name] else { throw ProtocolError("\(self.what) has no \"\(name)\"") }
        return value
    }

    func string(_ name: String) throws(ProtocolError) -> String {
        guard let text = try self.value(name).stringValue else { throw self.wrong(name, "a string") }
        return text
    }

    /// A number that is not negative.
    func count(_ name: String) throws(ProtocolError) -> Int64 {
        guard let number = try self.value(name).integerValue, number >= 0 else {
            throw self.wrong(name, "an integer of 0 or more")
        }
        return number
    }

    /// `nil` when the member is absent or `null`.
    func optionalCount(_ name: String) throws(ProtocolError) -> Int64? {
        if self.object[name] ?? .null == .null { nil } else { try self.count(name) }
    }

    /// `nil` when the member is absent or `null`.
    func optionalString(_ name: String) throws(ProtocolError) -> String? {
        if self.object[name] ?? .null == .null { nil } else { try self.string(name) }
    }

    func array(_ name: String) throws(ProtocolError) -> [JSON] {
        guard let elements = try self.value(name).arrayValue else { throw self.wrong(name, "an array") }
        return elements
    }

    /// Empty when the member is absent.
    func optionalArray(_ name: String) throws(ProtocolError) -> [JSON] {
        if self.object[name] == nil { [] } else { try self.array(name) }
    }

    func kind(_ name: String) throws(ProtocolError) -> ResourceKind {
        let text = try self.string(name)
        guard let kind = ResourceKind(rawValue: text) else {
            throw ProtocolError("\(self.what) has the unknown kind \"\(text)\"")
        }
        return kind
    }

    private func wrong(_ name: String, _ expected: String) -> ProtocolError {
        ProtocolError("\"\(name)\" of \(self.what) must be \(expected)")
    }
}

extension JSON {
    /// What a peer sent, parsed.
    init(message bytes: [UInt8]) throws(ProtocolError) {
        do throws(JSONError) {
            self = try JSON(parsing: bytes)
        } catch {
            throw ProtocolError("it is not JSON: \(error)")
        }
    }
}
