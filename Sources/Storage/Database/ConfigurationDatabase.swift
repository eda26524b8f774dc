import Foundation
import GRDB

/// The database of one control plane: the only connection that writes, and that checkpoints.
///
/// SQLite before 3.51.3 can corrupt a database when one connection commits while another resets the WAL by a checkpoint.
/// One connection that does both, kept alone by the `Lease`, cannot meet that race. The latest content is in memory
/// once it is loaded; history is read on a connection that can neither write nor checkpoint, beside the writes.
package final class ConfigurationDatabase: Sendable {
    let writer: DatabaseQueue
    let reader: DatabaseQueue
    let path: String
    /// Kept while the database is open.
    private let lease: Lease
    private let checkpoints = CheckpointSchedule()
    let secrets: SecretBox

    /// Takes the lease, opens or makes the database, brings its schema up to date, and makes sure that the secrets in it
    /// open with the given key; a new database is bound to it for ever.
    ///
    /// - Parameter key: where the key is; one that may be made is made only for a new database.
    package init(
        in folder: DataFolder, key: SecretKeySource, migrations: [Migration] = Migration.released, at now: Timestamp
    ) throws(StorageError) {
        self.lease = try Lease(of: folder, at: now)
        self.path = folder.database
        Backup.removeLeftovers(in: folder)
        do {
            try Self.makePrivate(folder.database)
            self.writer = try DatabaseQueue(path: folder.database, configuration: Self.settings)
            try self.writer.writeWithoutTransaction(Self.makeDurable)
            try Migrator(migrations: migrations).migrate(self.writer, at: now)
            self.secrets = try SecretBox(of: self.writer, key: key, in: folder, at: now)
            self.reader = try DatabaseQueue(path: folder.database, configuration: Self.readingSettings)
        } catch {
            throw StorageError(error)
        }
    }

    /// Closes after a last checkpoint. A failure costs nothing: the WAL is read at the next start.
    ///
    /// The reading connection goes first: the last one to close would checkpoint.
    package func close() {
        try? self.reader.close()
        try? self.writer.close()
    }

    /// Moves the WAL into the database when enough was written since the last time.
    ///
    /// The caller runs this after it has answered its writers, and on the thread that writes.
    package func checkpointIfDue() {
        guard self.checkpoints.isDue else { return }
        self.checkpoints.done()
        _ = try? self.writer.writeWithoutTransaction { database in try database.checkpoint(.passive) }
    }

    /// Whether a commit is on the disk when it returns. A setting of this connection, which shows nowhere else.
    package func syncsCommits() throws(StorageError) -> Bool {
        do {
            return try self.writer.read { database in
                try Int.fetchOne(database, sql: "SELECT synchronous >= 2 FROM pragma_synchronous") == 1
            }
        } catch {
            throw StorageError(error)
        }
    }

    func noteCommitted(rows: Int) { self.checkpoints.committed(rows: rows) }

    /// SQLite makes the file (and its WAL after it) with the rights of the process; ours is for the owner alone.
    private static func makePrivate(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, problem: String(cString: strerror(errno))) }
        Foundation.close(descriptor)
    }

    private static var settings: Configuration {
        var settings = Configuration()
        settings.label = "sluice.writer"
        settings.journalMode = .wal
        settings.foreignKeysEnabled = true
        return settings
    }

    /// It opens the WAL that the writer has made.
    static var readingSettings: Configuration {
        var settings = Configuration()
        settings.label = "sluice.reader"
        settings.readonly = true
        settings.prepareDatabase { database in try database.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
        return settings
    }

    /// FULL: a commit is on the disk before it is answered. 0: only `checkpointIfDue` moves the WAL.
    ///
    /// Said to the open database: GRDB sets NORMAL, which syncs no commit, after a configuration has had its say.
    private static func makeDurable(_ database: Database) throws {
        try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
    }
}

extension StorageError {
    init(_ error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError: self = Self(sqlite: error)
        default: self = .broken(problem: "\(error)")
        }
    }

    private init(sqlite error: DatabaseError) {
        let problem = "\(error.resultCode): \(error.message ?? "no message")"
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        case .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PERM:
            self = .notWritable(problem: problem)
        default: self = .broken(problem: problem)
        }
    }
}
