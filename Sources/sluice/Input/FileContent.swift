import Foundation

/// What a file holds, whatever it is: a pipe, as `<(command)` makes one, and a device are read to their end too.
enum FileContent {
    /// - Parameter path: `-` is stdin.
    /// - Throws: why it cannot be read, without its name.
    static func read(_ path: String) throws(Unreadable) -> Data {
        if path == "-" { return try Self.all(of: .standardInput) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(reason: String(cString: strerror(errno))) }
        return try Self.all(of: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    /// - Throws: for what is not UTF-8 too.
    static func text(_ path: String) throws(Unreadable) -> String {
        guard let text = String(validating: try Self.read(path), as: UTF8.self) else {
            throw Unreadable(reason: "the file is not UTF-8")
        }
        return text
    }

    private static func all(of handle: FileHandle) throws(Unreadable) -> Data {
        do {
            return try handle.readToEnd() ?? Data()
        } catch {
            throw Unreadable(reason: error.localizedDescription)
        }
    }

    struct Unreadable: Error {
        let reason: String
    }
}
