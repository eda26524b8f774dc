import GatewayModel

/// A consumer as requests meet it.
package final class ConsumerEntry: Sendable {
    package let name: String
    package let labels: [String: String]
    /// As crypt(5) has it; `nil`: it has no password.
    package let passwordHash: String?

    init(_ consumer: Consumer, labels: [String: String]) {
        self.name = consumer.name
        self.labels = labels
        self.passwordHash = consumer.basic?.passwordHash
    }
}

/// The consumers by what they show.
package final class ConsumerDirectory: Sendable {
    /// By the hash of a key in lower-case hex.
    let byKey: [String: ConsumerEntry]
    let byUser: [String: ConsumerEntry]

    init(_ consumers: some Sequence<Resource>) {
        var byKey: [String: ConsumerEntry] = [:]
        var byUser: [String: ConsumerEntry] = [:]
        for resource in consumers {
            guard case .consumer(let consumer) = resource.spec else { continue }
            let entry = ConsumerEntry(consumer, labels: resource.labels)
            for key in consumer.apiKeys { if let hash = key.hash { byKey[hash] = entry } }
            if let basic = consumer.basic { byUser[basic.username] = entry }
        }
        self.byKey = byKey
        self.byUser = byUser
    }
}
