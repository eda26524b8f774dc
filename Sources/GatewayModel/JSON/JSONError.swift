/// Why a text is no JSON: where, in bytes from the start, and what was wrong there.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package let offset: Int
    package let message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }

    package var description: String { "\(self.message) at byte \(self.offset)" }
}
