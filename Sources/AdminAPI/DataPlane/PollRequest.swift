import ControlProtocol
import NIOCore

/// One call for a newer snapshot, with what the replica serves now.
struct PollRequest: Sendable {
    let replica: String
    /// Where the call came from.
    let source: String
    let requestID: String
    /// Only a version after this one is news; `nil` asks for the full snapshot at once.
    let since: Int64?
    /// What the replica serves, and so what a delta starts from; `since` when it does not say.
    let version: Int64?
    let digest: String?
    let identity: String?
    /// How long to wait for something newer.
    let wait: Duration
}

struct PollAnswer: Sendable {
    let update: EncodedUpdate
    /// The identity that the replica named, when it is another one whose replicas the operator has given to us.
    let adopts: String?
}

/// An encoded snapshot, shared by everybody who gets the same one.
struct EncodedUpdate: Sendable {
    let version: Int64
    let body: ByteBuffer
    /// The value of `Content-Digest`.
    let digest: String

    init(_ update: SnapshotUpdate) {
        self.version = update.version
        let bytes = update.encoded()
        self.body = ByteBuffer(bytes: bytes)
        self.digest = contentDigestHeader(bytes)
    }
}

/// The encoded updates that lead to the latest version, each made once: by the version they start from, `nil` for the full one.
struct UpdateCache {
    private var updates: [Int64?: EncodedUpdate] = [:]

    mutating func removeAll() { self.updates.removeAll(keepingCapacity: true) }

    func known(from version: Int64) -> EncodedUpdate? { self.updates[version] }

    mutating func update(from version: Int64?, make: () -> SnapshotUpdate) -> EncodedUpdate {
        if let known = self.updates[version] { return known }
        let made = EncodedUpdate(make())
        self.updates[version] = made
        return made
    }
}
