import Foundation

/// The folder that a control plane keeps everything in, readable by its owner alone.
package struct DataFolder: Sendable {
    package let path: String

    /// Makes the folder with mode 0700 when it does not exist.
    package init(opening path: String) throws(StorageError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .file(path: path, problem: "the folder cannot be made: \(error.localizedDescription)")
        }
    }

    /// A folder that has a database already.
    package init(existing path: String) throws(StorageError) {
        guard FileManager.default.fileExists(atPath: "\(path)/sluice.sqlite") else { throw .noDatabase(folder: path) }
        self.path = path
    }

    /// The path of one file in the folder.
    package func path(of name: String) -> String { "\(self.path)/\(name)" }

    /// The SQLite database.
    package var database: String { self.path(of: "sluice.sqlite") }
    /// The file whose lock is the right to work in this folder.
    package var lock: String { self.path(of: "sluice.lock") }
}
