/// A JSON document (RFC 8259) as a value. Members keep their order; numbers that fit are integers.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of an object, in order. A name occurs once.
package struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    package typealias Member = (name: String, value: JSON)

    package private(set) var members: [Member]

    package init() {
        self.members = []
    }

    package init(dictionaryLiteral elements: (String, JSON)...) {
        self.members = []
        for (name, value) in elements { self[name] = value }
    }

    /// - Precondition: no name occurs twice; the parser has made sure.
    init(uniqueMembers: [Member]) {
        self.members = uniqueMembers
    }

    package var isEmpty: Bool { self.members.isEmpty }
    package var count: Int { self.members.count }

    /// Setting keeps the place of a member that is there, and appends one that is new; `nil` removes.
    package subscript(name: String) -> JSON? {
        get { self.members.first { $0.name == name }?.value }
        set {
            let index = self.members.firstIndex { $0.name == name }
            if let newValue {
                if let index { self.members[index].value = newValue } else { self.members.append((name, newValue)) }
            } else if let index {
                self.members.remove(at: index)
            }
        }
    }

    /// Equal when the same names have the same values; order does not count (RFC 8259 section 4).
    package static func == (left: Self, right: Self) -> Bool {
        guard left.count == right.count else { return false }
        return left.members.allSatisfy { right[$0.name] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.members.count)
        for member in self.members.sorted(by: { $0.name < $1.name }) {
            hasher.combine(member.name)
            hasher.combine(member.value)
        }
    }
}

extension JSON {
    /// The member of an object; `nil` for anything else.
    package subscript(name: String) -> JSON? { self.objectValue?[name] }

    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// What people call the type of this value.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .double: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(nilLiteral: ()) { self = .null }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}
