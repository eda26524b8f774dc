import ControlProtocol
package import GatewayModel

/// A consumer as requests meet it.
package final class ConsumerEntry: Sendable {
    package let name: String
    package let labels: [String: String]
    /// As crypt(5) has it; `nil`: it has no password.
    package let passwordHash: String?

    package init(_ consumer: Consumer, labels: [String: String]) {
        self.name = consumer.name
        self.labels = labels
        self.passwordHash = consumer.basic?.passwordHash
    }
}

/// The consumers by what they show.
package final class ConsumerDirectory: Sendable {
    /// By the digest of a key: whoever measures how long a look-up takes learns of digests and of no key.
    let byKey: [SHA256Digest: ConsumerEntry]
    let byUser: [String: ConsumerEntry]
    /// What passwords of unknown users are compared with: a hash that no password is known for and that costs what most
    /// consumers' do; `nil` where nobody has a password, and nobody is to be told from others.
    let decoyHash: String?

    package init(_ consumers: some Sequence<Resource>) {
        var byKey: [SHA256Digest: ConsumerEntry] = [:]
        var byUser: [String: ConsumerEntry] = [:]
        for resource in consumers {
            guard case .consumer(let consumer) = resource.spec else { continue }
            let entry = ConsumerEntry(consumer, labels: resource.labels)
            for digest in consumer.apiKeys.compactMap({ $0.hash.flatMap { SHA256Digest(hexadecimal: $0) } }) {
                byKey[digest] = entry
            }
            if let basic = consumer.basic { byUser[basic.username] = entry }
        }
        self.byKey = byKey
        self.byUser = byUser
        self.decoyHash = Self.decoy(byUser.values.compactMap(\.passwordHash))
    }

    /// `$2b$12$` is algorithm and cost; 22 characters of salt and 31 of the hash follow (crypt(5), bcrypt).
    private static func decoy(_ hashes: [String]) -> String? {
        var counts: [String: Int] = [:]
        for hash in hashes where hash.utf8.count == 60 && hash.hasPrefix("$2") {
            counts[String(hash.prefix(7)), default: 0] += 1
        }
        let most = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
        return most.map { $0.key + String(repeating: ".", count: 53) }
    }
}

/// Which consumers are meant, compiled.
struct ConsumerTest: Sendable {
    private let names: Set<String>
    private let labels: [String: String]

    init(_ selector: ConsumerSelector) {
        self.names = Set(selector.names)
        self.labels = selector.labels
    }

    func holds(_ consumer: ConsumerEntry) -> Bool {
        self.names.contains(consumer.name)
            || !self.labels.isEmpty && self.labels.allSatisfy { consumer.labels[$0.key] == $0.value }
    }
}
