internal import COpenSSL

/// Why a context cannot be made of its settings: a sentence for people, without secrets.
package struct TLSConfigurationError: Error, Hashable, Sendable {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    /// Runs a C call that takes a buffer for its sentence, and returns 0 or null when it failed.
    static func check<Value>(
        _ body: (UnsafeMutablePointer<CChar>) -> Value?
    ) throws(TLSConfigurationError) -> Value {
        let room = Int(SLUICE_TLS_ERROR_SIZE)
        let result: Result<Value, TLSConfigurationError> = withUnsafeTemporaryAllocation(
            of: CChar.self, capacity: room
        ) { memory in
            memory.initialize(repeating: 0)
            guard let base = memory.baseAddress else { return .failure(TLSConfigurationError("out of memory")) }
            if let value = body(base) { return .success(value) }
            return .failure(TLSConfigurationError(String(cString: base)))
        }
        return try result.get()
    }

    static func require(_ body: (UnsafeMutablePointer<CChar>) -> CInt) throws(TLSConfigurationError) {
        _ = try Self.check { body($0) == 1 ? true : nil }
    }
}
