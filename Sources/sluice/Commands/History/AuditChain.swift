import ControlProtocol
import GatewayModel

/// The audit log as a chain: each entry's hash is over its content, which has the hash of the entry before.
struct AuditChain {
    private(set) var count = 0
    private(set) var last = "sha256:" + String(repeating: "0", count: 64)
    private var lastSequence: Int64?
    private var awaited: String?

    /// - Parameter hash: one that must come.
    init(awaiting hash: String?) { self.awaited = hash }

    /// - Throws: when the entry was altered, or does not follow the one before.
    mutating func add(_ entry: JSON) throws(CommandFailure) {
        let sequence = entry["sequence"]?.integerValue ?? 0
        if let lastSequence, sequence != lastSequence &+ 1 {
            throw Self.broken(sequence, "entry \(lastSequence) comes before it: some are missing")
        }
        guard entry["previousHash"]?.stringValue == self.last else {
            throw Self.broken(sequence, "it does not follow the entry before it")
        }
        guard var content = entry.objectValue, let hash = entry["hash"]?.stringValue else {
            throw Self.broken(sequence, "it has no hash")
        }
        content["hash"] = nil
        guard SHA256Digest(of: JSON.object(content).encoded(.canonical)).text == hash else {
            throw Self.broken(sequence, "its content is not what was hashed")
        }
        (self.count, self.last, self.lastSequence) = (self.count + 1, hash, sequence)
        if hash == self.awaited { self.awaited = nil }
    }

    /// - Throws: when the awaited hash did not come.
    func end() throws(CommandFailure) {
        guard let awaited else { return }
        throw CommandFailure("the audit log has no entry with the hash \(awaited): it was cut off, or is another's")
    }

    private static func broken(_ sequence: Int64, _ reason: String) -> CommandFailure {
        CommandFailure("entry \(sequence) of the audit log was altered: \(reason)")
    }
}
