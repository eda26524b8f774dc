import Glibc

/// A system call that failed: which one, and its `errno`.
package struct SystemError: Error, Sendable, CustomStringConvertible {
    package let call: String
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    package static func current(_ call: String) -> SystemError {
        SystemError(call: call, code: errno)
    }

    package var description: String { "\(self.call): \(String(cString: strerror(self.code)))" }
}
