import ControlProtocol
package import GatewayModel

/// Who did what, from where, and which versions lay before and after it.
package struct AuditEntry: Sendable, Hashable {
    package let time: Timestamp
    /// The name of the token that the call came with.
    package let actor: String
    package let role: String
    /// Such as `route.put`, `apply`, `token.create`.
    package let action: String
    /// What it was done to: `route/shop`, `version 3`, a token's name.
    package let subject: String?
    /// The address that the call came from.
    package let source: String
    package let requestID: String
    package let versionBefore: Int64
    package let versionAfter: Int64
    package let message: String?

    package init(
        time: Timestamp, actor: String, role: String, action: String, subject: String?, source: String,
        requestID: String, versionBefore: Int64, versionAfter: Int64, message: String?
    ) {
        self.time = time
        self.actor = actor
        self.role = role
        self.action = action
        self.subject = subject
        self.source = source
        self.requestID = requestID
        self.versionBefore = versionBefore
        self.versionAfter = versionAfter
        self.message = message
    }
}

/// An entry in its place in the chain: its hash is over its content and over the hash of the one before it.
package struct AuditRecord: Sendable, Hashable {
    /// Before the first record.
    package static let beginning = "sha256:" + String(repeating: "0", count: 64)

    package let sequence: Int64
    package let entry: AuditEntry
    package let previousHash: String
    package let hash: String

    /// The record that continues a chain.
    package init(_ entry: AuditEntry, sequence: Int64, previousHash: String) {
        self.sequence = sequence
        self.entry = entry
        self.previousHash = previousHash
        let content = Self.content(entry, sequence: sequence, previousHash: previousHash)
        self.hash = SHA256Digest(of: JSON.object(content).encoded(.canonical)).text
    }

    /// As it was stored.
    init(_ entry: AuditEntry, sequence: Int64, previousHash: String, hash: String) {
        self.sequence = sequence
        self.entry = entry
        self.previousHash = previousHash
        self.hash = hash
    }

    /// As the API shows it. `hash` is `sha256:` and the hexadecimal SHA-256 of the canonical JSON of the other members.
    package var json: JSON {
        var content = Self.content(self.entry, sequence: self.sequence, previousHash: self.previousHash)
        content["hash"] = .string(self.hash)
        return .object(content)
    }

    private static func content(_ entry: AuditEntry, sequence: Int64, previousHash: String) -> JSONObject {
        [
            "sequence": .integer(sequence), "time": .string(entry.time.text), "actor": .string(entry.actor),
            "role": .string(entry.role), "action": .string(entry.action),
            "subject": entry.subject.map(JSON.string) ?? .null, "source": .string(entry.source),
            "requestId": .string(entry.requestID), "versionBefore": .integer(entry.versionBefore),
            "versionAfter": .integer(entry.versionAfter), "message": entry.message.map(JSON.string) ?? .null,
            "previousHash": .string(previousHash),
        ]
    }
}
