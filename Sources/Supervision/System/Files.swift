import Glibc

/// Whole files: read, and replaced so that a reader or a crash sees the old content or the new, never half of one.
enum Files {
    static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let file = FileDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        guard file.number >= 0 else { throw SystemError("open \(path)") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = Glibc.read(file.number, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read \(path)") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// A temporary file beside it (mode 0600), fsync, rename, fsync of the folder.
    static func replace(_ path: String, in folder: String, with parts: [UInt8]...) throws(SystemError) {
        let temporary = path + ".new"
        do throws(SystemError) {
            try Self.writeDurably(temporary, parts)
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else { throw SystemError("rename \(temporary)") }
        let directory = FileDescriptor(owning: open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard directory.number >= 0, fsync(directory.number) == 0 else { throw SystemError("sync \(folder)") }
    }

    private static func writeDurably(_ path: String, _ parts: [[UInt8]]) throws(SystemError) {
        let file = FileDescriptor(owning: open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600))
        guard file.number >= 0 else { throw SystemError("create \(path)") }
        for part in parts { try Self.write(part, to: file, path) }
        guard fsync(file.number) == 0 else { throw SystemError("sync \(path)") }
    }

    private static func write(_ bytes: [UInt8], to file: borrowing FileDescriptor, _ path: String) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                Glibc.write(file.number, all.baseAddress?.advanced(by: offset), all.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write \(path)") }
            offset += count
        }
    }
}
