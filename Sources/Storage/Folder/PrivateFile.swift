import Foundation

/// A small file with a secret in it: mode 0600, written whole or not at all.
package struct PrivateFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The content, or `nil` when there is no such file.
    ///
    /// - Throws: `exposedSecret` when group or others have any right on the file.
    package func read() throws(StorageError) -> [UInt8]? {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw self.failure()
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw self.failure() }
        guard status.st_mode & 0o077 == 0 else { throw .exposedSecret(path: self.path) }
        do {
            return try file.readToEnd().map { [UInt8]($0) } ?? []
        } catch {
            throw .file(path: self.path, problem: error.localizedDescription)
        }
    }

    /// Writes beside the file, syncs, renames, and syncs the folder, so that a crash leaves the old content or the new.
    package func write(_ bytes: [UInt8]) throws(StorageError) {
        let temporary = self.path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw self.failure() }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: bytes)
            try file.synchronize()
        } catch {
            throw .file(path: self.path, problem: error.localizedDescription)
        }
        try self.replace(with: PrivateFile(path: temporary))
    }

    /// Puts another file of the same folder in this one's place, at once and for good.
    func replace(with other: PrivateFile) throws(StorageError) {
        guard rename(other.path, self.path) == 0 else { throw self.failure() }
        try self.syncFolder()
    }

    /// Gives the file a second name in its folder.
    ///
    /// - Returns: whether there is a file.
    func keep(as name: String) throws(StorageError) -> Bool {
        guard link(self.path, name) == 0 || errno == EEXIST else {
            if errno == ENOENT { return false }
            throw self.failure()
        }
        try self.syncFolder()
        return true
    }

    func remove() { unlink(self.path) }

    private func syncFolder() throws(StorageError) {
        let folder = (self.path as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw self.failure() }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw self.failure() }
    }

    private func failure() -> StorageError {
        .file(path: self.path, problem: String(cString: strerror(errno)))
    }
}
