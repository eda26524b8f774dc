import ControlProtocol
import Glibc

/// The last good snapshot on disk: a full `SnapshotUpdate`, sealed because it holds private keys.
///
/// The key is derived from the token that the snapshot was fetched with: who may not fetch it cannot read it, and cannot
/// put another one in its place.
struct SnapshotFile: Sendable {
    typealias Fault = SealedFile.Fault

    let folder: String
    private let file: SealedFile

    /// - Parameter token: of this worker.
    init(folder: String, token: String) {
        self.folder = folder
        self.file = SealedFile(
            path: folder + "/snapshot.json", folder: folder, token: token, magic: Array("sluice-snapshot/2\n".utf8),
            purpose: "sluice snapshot on disk 1")
    }

    var path: String { self.file.path }

    func write(_ content: SnapshotContent) throws(SystemError) { try self.file.write(content.full().encoded()) }

    func read() throws(Fault) -> SnapshotUpdate {
        let body = try self.file.read()
        do { return try SnapshotUpdate(parsing: body) } catch { throw .damaged("it cannot be parsed: \(error)") }
    }

    /// The same snapshot, sealed with another token; nothing when there is none.
    func reseal(_ other: SnapshotFile) throws {
        let body: [UInt8]
        do throws(Fault) { body = try self.file.read() } catch {
            if case .missing = error { return }
            throw error
        }
        try other.file.write(body)
    }

    /// Moves a damaged file aside for whoever wants to know what happened.
    func keepAside() throws(SystemError) {
        guard rename(self.path, self.path + ".bad") == 0 else { throw SystemError("rename \(self.path)") }
    }
}
