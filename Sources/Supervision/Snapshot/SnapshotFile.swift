import ControlProtocol
import Glibc

/// The last good snapshot on disk: one line with the digest of what follows, then a full `SnapshotUpdate`.
struct SnapshotFile: Sendable {
    enum Fault: Error {
        case missing
        /// Truncated, altered or unreadable; a sentence for people.
        case damaged(String)
    }

    private static let magic = "sluice-snapshot/1"

    let folder: String

    var path: String { self.folder + "/snapshot.json" }

    func write(_ content: SnapshotContent) throws(SystemError) {
        let body = content.full().encoded()
        let header = Array("\(Self.magic) \(contentDigestHeader(body))\n".utf8)
        try Files.replace(self.path, in: self.folder, with: header + body)
    }

    func read() throws(Fault) -> SnapshotUpdate {
        let bytes = try self.readBytes()
        guard let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw .damaged("it has no first line") }
        let header = String(decoding: bytes[..<newline], as: UTF8.self)
        let body = Array(bytes[(newline + 1)...])
        guard header == "\(Self.magic) \(contentDigestHeader(body))" else {
            throw .damaged("its digest does not match")
        }
        do { return try SnapshotUpdate(parsing: body) } catch { throw .damaged("it cannot be parsed: \(error)") }
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
