/// Why bytes are no JSON.
package struct JSONError: Error, Hashable, Sendable {
    /// Where, in bytes from the start of the text.
    package let offset: Int
    /// What is wrong there, for a person.
    package let message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String { "byte \(self.offset): \(self.message)" }
}
