import CModSecurity

/// The engine's own tests for injected SQL and scripts, called without it.
struct InjectionTests: Sendable {
    private typealias SQL = @convention(c) (UnsafePointer<CChar>?, Int, UnsafeMutablePointer<CChar>?) -> Int32
    private typealias Script = @convention(c) (UnsafePointer<CChar>?, Int) -> Int32

    private let sql: SQL
    private let script: Script

    /// - Returns: `nil` where the engine does not show them.
    init?() {
        guard cmodsecurity_load() == nil, let sql = cmodsecurity_symbol("libinjection_sqli"),
            let script = cmodsecurity_symbol("libinjection_xss")
        else { return nil }
        self.sql = unsafeBitCast(sql, to: SQL.self)
        self.script = unsafeBitCast(script, to: Script.self)
    }

    func isSQL(_ value: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { fingerprint in
            self.sql(value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count, fingerprint.baseAddress) != 0
        }
    }

    func isScript(_ value: UnsafeRawBufferPointer) -> Bool {
        self.script(value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count) != 0
    }
}
