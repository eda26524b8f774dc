/// Somebody who calls, known by keys or by name and password.
package struct Consumer: Hashable, Sendable {
    package struct APIKey: Hashable, Sendable {
        /// Unique among the consumer's keys.
        package let id: String
        /// SHA-256 of the key in lower-case hex; `nil` where a document was read that may leave its secrets out.
        package let hash: String?
    }

    package struct Basic: Hashable, Sendable {
        /// Unique among all consumers.
        package let username: String
        /// Of the password, as crypt(5) has bcrypt; `nil` where a document was read that may leave its secrets out.
        package let passwordHash: String?
    }

    /// Unique among consumers.
    package let name: String
    package let apiKeys: [APIKey]
    package let basic: Basic?
}

extension Consumer {
    static let fields = ["apiKeys", "basic", Secrets.field]

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        for shown in ["info", "generated"] { _ = reader.value(shown) }
        let secrets = reader.optional(Secrets.field) { collector.secrets($0) } ?? Secrets()
        self.name = name
        self.apiKeys = reader.read("apiKeys", default: []) { json in
            let keys = collector.list(json) { json in collector.object(json) { APIKey(secrets, &$0) } }
            if json.arrayValue?.count ?? 0 > 16 { collector.report("range", "at most 16 keys") }
            return keys
        }
        self.basic = reader.optional("basic") { json in collector.object(json) { Basic(secrets, &$0) } }
        if Set(self.apiKeys.map(\.id)).count < self.apiKeys.count {
            reader.fault("apiKeys", "duplicate", "two keys have the same id")
        }
    }
}

extension Consumer.APIKey {
    fileprivate init?(_ secrets: Secrets, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let id = reader.required("id") { collector.name($0) }
        let isGiven = collector.unsettled(["value", "hash"], &reader)
        guard let id else { return nil }
        self.id = id
        self.hash = secrets["/apiKeys/\(id)"]
        if self.hash == nil, !isGiven, !collector.allowsMissingSecrets {
            reader.fault("value", "required", "value is required")
        }
    }
}

extension Consumer.Basic {
    fileprivate init?(_ secrets: Secrets, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let username = reader.required("username") { collector.username($0) }
        let isGiven = collector.unsettled(["password", "passwordHash"], &reader)
        self.passwordHash = secrets["/basic/password"]
        if self.passwordHash == nil, !isGiven, !collector.allowsMissingSecrets {
            reader.fault("password", "required", "password is required")
        }
        guard let username else { return nil }
        self.username = username
    }
}

extension FaultCollector {
    /// Looks at secrets that still stand in the places where callers write them, in a document on its way to a control plane.
    ///
    /// - Returns: whether there is one.
    fileprivate func unsettled(_ fields: [String], _ reader: inout ObjectReader) -> Bool {
        let given = fields.filter { reader.value($0) != nil }
        if given.count > 1 { reader.fault(given[1], "conflict", "\(given[0]) and \(given[1]) exclude each other") }
        for field in given {
            _ = reader.optional(field) { json in SecretReference(json) == nil ? self.filledString(json) : nil }
        }
        return !given.isEmpty
    }

    /// A user name has no colon and no control characters (RFC 7617 section 2).
    fileprivate func username(_ json: JSON) -> String? {
        guard let text = self.filledString(json) else { return nil }
        if text.utf8.count <= 128, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x3A && $0 != 0x7F }) { return text }
        self.report("format", "a user name has at most 128 bytes, no colon and no control characters")
        return nil
    }
}
