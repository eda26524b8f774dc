import Foundation

/// A file that a command writes: whole under its name, or not at all.
enum OutputFile {
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(CommandFailure) {
        try Self.make(path, mode: mode) { descriptor throws(CommandFailure) in
            do {
                try FileHandle(fileDescriptor: descriptor).write(contentsOf: Data(text.utf8))
            } catch {
                throw CommandFailure("\(path) cannot be written: \(error.localizedDescription)")
            }
        }
    }

    /// Fills a file beside it, which takes its name when it is safe on the disk. A device or a pipe is written as it is,
    /// and `-` is stdout.
    static func make(
        _ path: String, mode: mode_t, _ fill: (Int32) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        if path == "-" { return try fill(STDOUT_FILENO) }
        if let descriptor = try Self.special(path) {
            defer { close(descriptor) }
            return try fill(descriptor)
        }
        let temporary = "\(path).\(getpid()).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        do throws(CommandFailure) {
            try fill(descriptor)
        } catch {
            unlink(temporary)
            throw error
        }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            let failure = Self.failure(path)
            unlink(temporary)
            throw failure
        }
    }

    /// For what must not be lost: a file that is there already is not written over, and its folder must take a new one.
    static func requireNew(_ path: String) throws(CommandFailure) {
        var status = stat()
        if path == "-" { return }
        guard stat(path, &status) != 0 else {
            if status.st_mode & S_IFMT != S_IFREG { return }
            throw CommandFailure("\(path) is there already; it is not written over")
        }
        let folder = (path as NSString).deletingLastPathComponent
        guard access(folder.isEmpty ? "." : folder, W_OK) == 0 else { throw Self.failure(path) }
    }

    /// What is no regular file, opened; `nil` for one, and for what is not there yet.
    private static func special(_ path: String) throws(CommandFailure) -> Int32? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return nil }
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        return descriptor
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
