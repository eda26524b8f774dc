package import GatewayModel
package import HTTPWire

/// Which pages of other origins may read answers (Fetch, section 3.3: the CORS protocol), compiled.
///
/// All lines that do not depend on the request are written once, as plain memory: a request adds bytes to them and makes no
/// strings. An answer to any page at all (`*` without credentials) is the same for everybody; any other depends on `Origin`,
/// and says so with `Vary`, whoever asks.
// Justified: what it points at is written to in `init` alone.
package final class CORSRule: @unchecked Sendable {
    /// Of the policy.
    package let name: String
    package let policy: CORSPolicy
    /// Every answer has `Access-Control-Allow-Origin: *`.
    package let isForEverybody: Bool
    /// Answers list the names of all their fields: the page may read all of them, and `*` would mean nothing with credentials.
    package let exposesAll: Bool
    private let allowsAny: Bool
    private let origins: [CORSOrigin]
    /// Behind the line that names the origin.
    private let answerLines: CORSBytes
    private let preflightLines: CORSBytes
    private let memory = CORSMemory()

    package init(_ name: String, _ policy: CORSPolicy) {
        self.name = name
        self.policy = policy
        self.allowsAny = policy.origins.contains(.any)
        self.isForEverybody = self.allowsAny && !policy.allowsCredentials
        self.exposesAll = policy.exposed == .any && policy.allowsCredentials
        let memory = self.memory
        self.origins = policy.origins.compactMap { CORSOrigin($0, memory) }
        let shared = policy.sharedLines
        self.answerLines = memory.copy(shared)
        self.preflightLines = memory.copy(shared + policy.preflightLines)
    }

    /// Whether pages of this origin may read answers. `null` never may: every sandboxed frame and every local file has it.
    package func allows(_ origin: UnsafeRawBufferPointer) -> Bool {
        guard origin.count > 4, !origin.elementsEqual("null".utf8) else { return false }
        if self.allowsAny { return origin.isSerialisedOrigin }
        for pattern in self.origins where pattern.matches(origin) { return true }
        return false
    }

    /// Writes the lines of an answer, `Vary` included.
    ///
    /// - Parameter origin: what the request says; `nil`: nothing, or two things.
    package func append(for origin: UnsafeRawBufferPointer?, to writer: inout ByteWriter) {
        if self.appendOrigin(origin, &writer) { writer.append(self.answerLines.bytes.span) }
        if !self.isForEverybody { writer.append("Vary: Origin\r\n") }
    }

    /// Writes the lines of the answer to a preflight.
    ///
    /// - Parameters:
    ///   - method: `Access-Control-Request-Method`.
    ///   - headers: `Access-Control-Request-Headers`; `nil`: there is none.
    package func appendPreflight(
        for origin: UnsafeRawBufferPointer?, method: UnsafeRawBufferPointer, headers: UnsafeRawBufferPointer?,
        to writer: inout ByteWriter
    ) {
        if self.appendOrigin(origin, &writer) {
            writer.append(self.preflightLines.bytes.span)
            // With credentials `*` is a name like another (Fetch, section 3.3.3): what is asked for is said again.
            if self.policy.allowsCredentials {
                if self.policy.methods == .any, method.isTokenList {
                    writer.append("Access-Control-Allow-Methods: ", method)
                }
                if self.policy.headers == .any, let headers, headers.isTokenList {
                    writer.append("Access-Control-Allow-Headers: ", headers)
                }
            }
        }
        writer.append("Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n")
    }

    /// Room that the lines of an answer or of a preflight need at most.
    package func room(origin: Int, method: Int, headers: Int) -> Int {
        512 + origin + method + headers + max(self.answerLines.count, self.preflightLines.count)
    }

    /// - Returns: `false` for a page of a foreign origin.
    private func appendOrigin(_ origin: UnsafeRawBufferPointer?, _ writer: inout ByteWriter) -> Bool {
        if self.isForEverybody {
            writer.append("Access-Control-Allow-Origin: *\r\n")
            return true
        }
        guard let origin, self.allows(origin) else { return false }
        writer.append("Access-Control-Allow-Origin: ", origin)
        return true
    }
}

extension CORSPolicy {
    /// Lines of answers and of preflights.
    fileprivate var sharedLines: String {
        var lines = self.allowsCredentials ? "Access-Control-Allow-Credentials: true\r\n" : ""
        switch self.exposed {
        case .any: if !self.allowsCredentials { lines += "Access-Control-Expose-Headers: *\r\n" }
        case .listed(let names): lines += Self.line("Access-Control-Expose-Headers", names)
        }
        return lines
    }

    fileprivate var preflightLines: String {
        var lines = ""
        switch self.methods {
        case .any: if !self.allowsCredentials { lines += "Access-Control-Allow-Methods: *\r\n" }
        case .listed(let names): lines += Self.line("Access-Control-Allow-Methods", names)
        }
        switch self.headers {
        // `*` stands for every name but this one (Fetch, "CORS non-wildcard request-header name").
        case .any: if !self.allowsCredentials { lines += "Access-Control-Allow-Headers: *, authorization\r\n" }
        case .listed(let names): lines += Self.line("Access-Control-Allow-Headers", names)
        }
        if let maxAge = self.maxAge { lines += "Access-Control-Max-Age: \(maxAge / 1000)\r\n" }
        return lines
    }

    private static func line(_ name: String, _ values: [String]) -> String {
        values.isEmpty ? "" : "\(name): \(values.joined(separator: ", "))\r\n"
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        self.append(name)
        value.withMemoryRebound(to: UInt8.self) { self.append($0.span) }
        self.append("\r\n")
    }
}
