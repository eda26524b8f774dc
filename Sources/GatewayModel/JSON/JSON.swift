/// A JSON value (RFC 8259) as read from a peer or about to be sent to one.
///
/// The model has its own JSON because faults need byte offsets, duplicate members must be refused, and a worker that links
/// no Foundation starts faster. Numbers without fraction and exponent that fit are integers; all others are doubles.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    /// The member called `name`, when this is an object that has one.
    package subscript(_ name: String) -> JSON? { self.objectValue?[name] }

    /// The text, when this is a string.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, when this is an integer that fits 64 bits.
    package var integerValue: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The elements, when this is an array.
    package var arrayValue: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The object, when this is one.
    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The truth value, when this is one.
    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// What a person calls this kind of value, for details of faults.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSON: CustomStringConvertible {
    package var description: String { self.text() }
}
