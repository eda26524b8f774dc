import ControlProtocol
import Glibc

/// The last good snapshot on disk: a first line, then a full `SnapshotUpdate`, sealed because it holds private keys.
///
/// The key is derived from the token that the snapshot was fetched with: who may not fetch it cannot read it, and cannot
/// put another one in its place.
struct SnapshotFile: Sendable {
    enum Fault: Error {
        case missing
        /// Truncated, altered, sealed with another token or unreadable; a sentence for people.
        case damaged(String)
    }

    private static let magic = Array("sluice-snapshot/2\n".utf8)
    private static let purpose = "sluice snapshot on disk 1"

    let folder: String
    private let key: SealingKey?

    /// - Parameter token: of this worker.
    init(folder: String, token: String) {
        self.folder = folder
        self.key = SealingKey(derivedFrom: Array(token.utf8), purpose: Self.purpose)
    }

    var path: String { self.folder + "/snapshot.json" }

    func write(_ content: SnapshotContent) throws(SystemError) { try self.write(content.full().encoded()) }

    func read() throws(Fault) -> SnapshotUpdate {
        let body = try self.readBody()
        do { return try SnapshotUpdate(parsing: body) } catch { throw .damaged("it cannot be parsed: \(error)") }
    }

    /// The same snapshot, sealed with another token; nothing when there is none.
    func reseal(_ other: SnapshotFile) throws {
        let body: [UInt8]
        do throws(Fault) { body = try self.readBody() } catch {
            if case .missing = error { return }
            throw error
        }
        try other.write(body)
    }

    private func write(_ body: [UInt8]) throws(SystemError) {
        let nonce = try randomBytes(SealingKey.nonceSize)
        guard let sealed = self.key?.seal(body, context: Self.magic, nonce: nonce) else {
            throw SystemError("encrypt \(self.path)", code: EINVAL)
        }
        try Files.replace(self.path, in: self.folder, with: Self.magic, sealed)
    }

    private func readBody() throws(Fault) -> [UInt8] {
        let bytes = try self.readBytes()
        guard bytes.starts(with: Self.magic) else { throw .damaged("it does not begin as a snapshot does") }
        guard let body = self.key?.open(bytes.dropFirst(Self.magic.count), context: Self.magic) else {
            throw .damaged("it was altered, or written with another token")
        }
        return body
    }

    /// Moves a damaged file aside for whoever wants to know what happened.
    func keepAside() throws(SystemError) {
        guard rename(self.path, self.path + ".bad") == 0 else { throw SystemError("rename \(self.path)") }
    }

    private func readBytes() throws(Fault) -> [UInt8] {
        do throws(SystemError) {
            return try Files.read(self.path)
        } catch {
            if error.code == ENOENT { throw .missing }
            throw .damaged(error.message)
        }
    }
}
