package import GatewayModel
package import HTTPWire

/// A policy for the fields of answers, compiled: what requests share instead of copies.
// Justified: nothing changes after init; the raw memory it owns hides that from the compiler.
package final class AnswerFieldsPlan: @unchecked Sendable {
    /// A field line that the policy writes.
    package struct Line: BitwiseCopyable {
        package let name: UnsafeBufferPointer<UInt8>
        /// The whole line, `name: value` CRLF.
        package let text: UnsafeBufferPointer<UInt8>
        /// What an upstream says under the name stands.
        package let yields: Bool
        /// Only for requests that came over TLS.
        package let needsTLS: Bool
    }

    package let policy: HeadersPolicy
    /// What is left out of upstreams' answers.
    package let withheld: FieldRules
    /// For requests: reading it counts no reference.
    package let lines: UnsafeBufferPointer<Line>
    /// One of the lines is only for requests that came over TLS.
    package let needsTLS: Bool
    /// Bytes of all lines.
    package let room: Int
    private let memory: PlanMemory

    package init(_ policy: HeadersPolicy) {
        var memory = PlanMemory()
        var edit = HeaderEdit()
        edit.apply(policy.rules)
        let withheld = edit.compiled(&memory)
        var lines: [Line] = []
        let isPreset = policy.presets.contains { $0 == .security }
        for field in isPreset ? Self.security : [] where !edit.withheld.contains(field.name.lowercased()) {
            let needsTLS = field.name == Self.transport
            lines.append(Line(field, yields: true, needsTLS: needsTLS, &memory))
        }
        for field in edit.lines { lines.append(Line(field, yields: false, needsTLS: false, &memory)) }
        self.policy = policy
        self.withheld = withheld
        self.lines = memory.copy(lines)
        self.needsTLS = lines.contains { $0.needsTLS }
        self.room = lines.reduce(0) { $0 + $1.text.count }
        self.memory = memory
    }

    private static let transport = "Strict-Transport-Security"

    /// What browsers are told so that less can go wrong in a page. Over plain HTTP nobody may say the first (RFC 6797
    /// section 7.2).
    private static let security: [HeaderRules.Field] = [
        .init(transport, "max-age=31536000; includeSubDomains"),
        .init("X-Content-Type-Options", "nosniff"),
        .init("X-Frame-Options", "SAMEORIGIN"),
        .init("Content-Security-Policy", "frame-ancestors 'self'"),
        .init("Referrer-Policy", "strict-origin-when-cross-origin"),
        .init("Cross-Origin-Opener-Policy", "same-origin"),
    ]
}

extension AnswerFieldsPlan.Line {
    fileprivate init(_ field: HeaderRules.Field, yields: Bool, needsTLS: Bool, _ memory: inout PlanMemory) {
        self.name = memory.copy(field.name)
        self.text = memory.copy("\(field.name): \(field.value)\r\n")
        self.yields = yields
        self.needsTLS = needsTLS
    }
}

extension AnswerFieldsPlan: Hashable {
    package static func == (left: AnswerFieldsPlan, right: AnswerFieldsPlan) -> Bool {
        left === right || left.policy == right.policy
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.policy) }
}
