import ControlProtocol
import GatewayModel
import Routing

/// Consumers who show a key.
final class APIKeyRule: Sendable {
    private let places: CredentialPlaces
    private let consumers: ConsumerTest?
    private let forwardConsumer: String?
    private let strips: Bool
    private let challenge: [UInt8]

    init(_ policy: APIKeyPolicy) {
        self.places = CredentialPlaces(policy.sources)
        self.consumers = policy.consumers.map { ConsumerTest($0) }
        self.forwardConsumer = policy.forwardConsumer
        self.strips = policy.strips
        self.challenge = Challenge.line(policy.scheme)
    }

    func test(_ request: RouteRequest, _ findings: AccessFindings, _ consumers: ConsumerDirectory) -> RuleOutcome {
        let shown = self.places.withCredential(request) { consumers.byKey[SHA256Digest(of: $0)] }
        // Also of requests that an observing policy would have refused: the key may be another's.
        if self.strips, !shown.isNothing { findings.stripped += self.places.stripped(request) }
        switch shown {
        case .nothing: return .refused(.missingCredentials, lines: self.challenge)
        case .several: return .refused(.ambiguousCredentials, lines: self.challenge)
        case .one(nil): return .refused(.invalidAPIKey, lines: self.challenge)
        case .one(let consumer?):
            if let test = self.consumers, !test.holds(consumer) { return .refused(.consumerDenied) }
            findings.consumer = consumer
            findings.tell(self.forwardConsumer, consumer.name)
            return .pass
        }
    }
}

extension CredentialPlaces.Shown {
    var isNothing: Bool { if case .nothing = self { true } else { false } }
}

extension APIKeyPolicy {
    /// Of the challenge: the one that keys stand behind in `Authorization`, else a name of our own, for none is registered.
    fileprivate var scheme: String {
        for case .header("authorization", let prefix) in self.sources where prefix.hasSuffix(" ") {
            let scheme = prefix.dropLast()
            let isToken = scheme.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
            }
            if isToken, !scheme.isEmpty { return String(scheme) }
        }
        return "ApiKey"
    }
}
