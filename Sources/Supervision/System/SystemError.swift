import Glibc

/// A system call that failed: what was tried, and the kernel's reason.
struct SystemError: Error, Equatable {
    let action: String
    let code: Int32

    init(_ action: String, code: Int32 = errno) {
        self.action = action
        self.code = code
    }

    /// "cannot bind 0.0.0.0:80: Permission denied"
    var message: String { "cannot \(self.action): \(String(cString: strerror(self.code)))" }
}
