/// One thing that is wrong with a document: where, what kind, and how to mend it.
package struct Fault: Hashable, Sendable {
    /// JSON Pointer into the document (RFC 6901).
    package let pointer: String
    /// Stable: `required`, `type`, `format`, `range`, `unknown-field`, `unsupported`, `reference`, `conflict`, `duplicate`.
    package let code: String
    /// What is wrong, for a person.
    package let detail: String
    /// What would be right, where that is known.
    package let hint: String?

    package init(pointer: String, code: String, detail: String, hint: String? = nil) {
        self.pointer = pointer
        self.code = code
        self.detail = detail
        self.hint = hint
    }

    /// As it stands in `errors` of a problem document.
    package var json: JSON {
        var object: JSONObject = [
            "pointer": .string(self.pointer), "code": .string(self.code), "detail": .string(self.detail),
        ]
        if let hint { object["hint"] = .string(hint) }
        return .object(object)
    }
}

/// All that is wrong with a document at once; never empty.
package struct Faults: Error, Sendable, CustomStringConvertible {
    /// In the order of the document's fields as the model reads them; at most 1,000.
    package let faults: [Fault]

    package init(faults: [Fault]) {
        self.faults = faults
    }

    package var description: String {
        self.faults.map { "\($0.pointer.isEmpty ? "document" : $0.pointer): \($0.detail)" }.joined(separator: "; ")
    }
}
