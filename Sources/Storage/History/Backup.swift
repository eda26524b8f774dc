import Foundation
import GRDB

/// A copy of the whole database in a file that has no name any more: it goes with the value, however that goes.
package final class Backup: Sendable {
    private static let prefix = "sluice.backup-"

    private let descriptor: Int32
    /// In bytes.
    package let size: Int64

    /// Opens a finished copy and takes its name away.
    fileprivate init(taking path: String) throws(StorageError) {
        defer { unlink(path) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw .file(path: path, problem: String(cString: strerror(errno)))
        }
        self.descriptor = descriptor
        self.size = Int64(status.st_size)
    }

    deinit { close(self.descriptor) }

    /// The next bytes from `offset` on, at most `count`; none at the end.
    package func bytes(at offset: Int64, count: Int) throws(StorageError) -> [UInt8] {
        var problem: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = pread(self.descriptor, buffer.baseAddress, count, Int(offset))
            problem = got < 0 ? errno : 0
            filled = max(got, 0)
        }
        guard problem == 0 else { throw .file(path: "backup", problem: String(cString: strerror(problem))) }
        return bytes
    }

    /// A file that only we can read. SQLite takes an empty one for one that it may fill.
    fileprivate static func newFile(in folder: String) throws(StorageError) -> String {
        let path = "\(folder)/\(Self.prefix)\(UUID().uuidString)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw .full }
            throw .file(path: path, problem: String(cString: strerror(errno)))
        }
        close(descriptor)
        return path
    }

    /// Removes what a crash in the middle of a backup left behind. The caller holds the lease.
    static func removeLeftovers(in folder: DataFolder) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasPrefix(Self.prefix) { unlink(folder.path(of: name)) }
    }
}

extension ConfigurationDatabase {
    /// Copies the database as it is at this moment, while writes go on.
    ///
    /// - Throws: `full` when the copy finds no room beside the original.
    package func backUp() async throws(StorageError) -> Backup {
        let folder = (self.path as NSString).deletingLastPathComponent
        let path = try Backup.newFile(in: folder)
        do {
            // Not in a transaction, for SQLite copies in none. A connection of its own: others read meanwhile.
            let source = try DatabaseQueue(path: self.path, configuration: Self.readingSettings)
            try await source.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM INTO ?", arguments: [path])
            }
            try source.close()
        } catch {
            unlink(path)
            throw StorageError(error)
        }
        return try Backup(taking: path)
    }
}
