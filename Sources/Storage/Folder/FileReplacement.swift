import Foundation

/// A file that is made beside another one, looked at, and then takes its place.
struct FileReplacement {
    private static let chunk = 1 << 20

    /// Where it lies until then.
    let path: String
    private let target: String

    /// - Parameter target: a SQLite database, which may have a WAL beside it.
    init(of target: String) {
        self.target = target
        self.path = target + ".restoring"
    }

    /// Copies a file that only its owner can read.
    func fill(from source: String) throws(StorageError) {
        if access(source + "-wal", F_OK) == 0 {
            throw .unusableBackup(
                path: source,
                problem: "a WAL lies beside it: it is in use, or was not closed (`sqlite3 FILE .tables` closes it)")
        }
        self.discard()
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Self.failure(source) }
        defer { close(input) }
        let output = open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw Self.failure(self.path) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        while true {
            let count = read(input, &buffer, buffer.count)
            guard count >= 0 else { throw Self.failure(source) }
            if count == 0 { break }
            try self.write(buffer[..<count], to: output)
        }
    }

    /// Takes the place of the target at one stroke. Before that the target has a second name, and so has the WAL that a
    /// damaged one may have, which must not be taken for the new file's; one that is whole has none by now.
    ///
    /// - Returns: that second name; `nil` when there was no target.
    func replace(keepingOldAs kept: String) throws(StorageError) -> String? {
        try self.sync(self.path, O_RDWR)
        let isThere = access(self.target, F_OK) == 0
        if isThere {
            for suffix in ["", "-wal"] where access(self.target + suffix, F_OK) == 0 {
                guard link(self.target + suffix, kept + suffix) == 0 else { throw Self.failure(kept + suffix) }
            }
            try self.syncFolder()
            for suffix in ["-wal", "-shm"] { unlink(self.target + suffix) }
        }
        guard rename(self.path, self.target) == 0 else { throw Self.failure(self.target) }
        try self.syncFolder()
        return isThere ? kept : nil
    }

    /// Removes what did not become the target; nothing when it did.
    func discard() {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(self.path + suffix) }
    }

    private func write(_ bytes: ArraySlice<UInt8>, to output: Int32) throws(StorageError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(output, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Self.failure(self.path) }
            rest = rest.dropFirst(count)
        }
    }

    private func syncFolder() throws(StorageError) {
        try self.sync((self.target as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY)
    }

    private func sync(_ path: String, _ flags: Int32) throws(StorageError) {
        let descriptor = open(path.isEmpty ? "." : path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    }

    private static func failure(_ path: String) -> StorageError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .full }
        return .file(path: path, problem: String(cString: strerror(code)))
    }
}
