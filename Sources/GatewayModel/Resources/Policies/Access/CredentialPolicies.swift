/// Consumers who show user name and password (RFC 7617).
package struct BasicPolicy: Hashable, Sendable {
    /// What browsers show.
    package let realm: String
    /// `nil`: all who have a password.
    package let consumers: ConsumerSelector?
    /// The field that tells the backend the consumer's name.
    package let forwardUser: String?
}

/// Consumers who show a key.
package struct APIKeyPolicy: Hashable, Sendable {
    /// In the order in which they are asked; never empty.
    package let sources: [CredentialSource]
    /// `nil`: all who have keys.
    package let consumers: ConsumerSelector?
    /// The field that tells the backend the consumer's name.
    package let forwardConsumer: String?
    /// The backend does not see the key.
    package let strips: Bool
}

extension BasicPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.realm = reader.read("realm", default: "restricted") { collector.realm($0) }
        self.consumers = reader.optional("consumers") { collector.consumerSelector($0) }
        self.forwardUser = reader.optional("forwardUser") { collector.identityHeader($0) }
    }
}

extension APIKeyPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.sources = reader.read("from", default: [.header(name: "x-api-key", prefix: "")]) { collector.sources($0) }
        self.consumers = reader.optional("consumers") { collector.consumerSelector($0) }
        self.forwardConsumer = reader.optional("forwardConsumer") { collector.identityHeader($0) }
        self.strips = reader.read("strip", default: true) { collector.boolean($0) }
    }
}

extension FaultCollector {
    /// Goes into a quoted string of a challenge (RFC 9110 section 11.5).
    fileprivate func realm(_ json: JSON) -> String? {
        guard let text = self.filledString(json) else { return nil }
        if text.utf8.count <= 128, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
            return text
        }
        self.report("format", "a realm has at most 128 printable characters of ASCII, without quotes and backslashes")
        return nil
    }
}
