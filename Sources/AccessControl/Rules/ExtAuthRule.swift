package import GatewayModel

/// A service that is asked about requests.
package final class ExtAuthRule: Sendable {
    /// Of the policy.
    package let name: String
    package let policy: ExtAuthPolicy

    init(_ name: String, _ policy: ExtAuthPolicy) {
        self.name = name
        self.policy = policy
    }

    func test(_ findings: AccessFindings) -> RuleOutcome {
        switch findings.services[self.name] {
        case nil: return .waits(.service(self))
        case .allowed(let lines):
            findings.tell(lines: lines)
            return .pass
        case .denied(let status, let lines):
            let status = Self.status(status, lines)
            // Every 401 asks for something (RFC 9110 section 15.5.2); what this service wants, nobody here knows.
            let asks = status == 401 && !Self.has("www-authenticate", lines)
            return .refused(.extAuthDenied, lines: asks ? lines + Challenge.line("ExtAuth") : lines, status: status)
        case .unreachable: return self.policy.failsOpen ? .pass : .refused(.extAuthUnreachable)
        }
    }

    /// What the client is answered: 401 and redirects to a place stay what they are, all else is 403.
    private static func status(_ status: UInt16, _ lines: [UInt8]) -> UInt16 {
        switch status {
        case 401: 401
        case 301, 302, 303, 307, 308: Self.has("location", lines) ? status : 403
        default: 403
        }
    }

    /// - Parameter name: in lower case.
    private static func has(_ name: String, _ lines: [UInt8]) -> Bool {
        lines.split(separator: UInt8(ascii: "\n")).contains { line in
            String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self).lowercased() == name
        }
    }
}
