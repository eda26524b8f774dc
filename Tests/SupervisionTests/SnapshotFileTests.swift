import ControlProtocol
import Glibc
import Testing

@testable import Supervision

@Suite("Last good snapshot on disk")
struct SnapshotFileTests {
    private let folder = TemporaryFolder()

    private var file: SnapshotFile { SnapshotFile(folder: self.folder.path, token: "one") }

    private func bytes() throws -> [UInt8] { try Files.read(self.file.path) }

    @Test("What was written is read, and nobody else may read it")
    func roundTrip() throws {
        let content = try Sample.content()
        try self.file.write(content)
        let update = try self.file.read()
        #expect(update.version == 1 && update.digest == content.digest && update.upserts.count == 3)
        var status = stat()
        #expect(stat(self.file.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("A file that is not there is missing, not damaged")
    func missing() {
        #expect { try self.file.read() } throws: { error in
            if case SnapshotFile.Fault.missing = error { true } else { false }
        }
    }

    @Test("A truncated file is refused, wherever it was cut")
    func truncated() throws {
        try self.file.write(try Sample.content())
        let whole = try self.bytes()
        for count in stride(from: 0, to: whole.count, by: 7) {
            try Files.replace(self.file.path, in: self.folder.path, with: Array(whole[..<count]))
            #expect(throws: SnapshotFile.Fault.self) { try self.file.read() }
        }
    }

    @Test("A file with one altered byte is refused, and kept aside")
    func altered() throws {
        try self.file.write(try Sample.content())
        let whole = try self.bytes()
        for offset in stride(from: 0, to: whole.count, by: 11) {
            var bytes = whole
            bytes[offset] ^= 1
            try Files.replace(self.file.path, in: self.folder.path, with: bytes)
            #expect(throws: SnapshotFile.Fault.self) { try self.file.read() }
        }
        try self.file.keepAside()
        #expect(access(self.file.path + ".bad", R_OK) == 0)
    }

    @Test("Another token opens it as little as no token")
    func otherToken() throws {
        try self.file.write(try Sample.content())
        for token in ["two", ""] {
            let other = SnapshotFile(folder: self.folder.path, token: token)
            #expect(throws: SnapshotFile.Fault.self) { try other.read() }
        }
    }

    @Test("When the token is replaced the snapshot goes over to the new one")
    func resealed() throws {
        let other = SnapshotFile(folder: self.folder.path, token: "two")
        try self.file.reseal(other)
        try self.file.write(try Sample.content())
        let version = try self.file.read().version
        try self.file.reseal(other)
        #expect(try other.read().version == version)
        #expect(throws: SnapshotFile.Fault.self) { try self.file.read() }
        // A second time there is nothing to open: what is there stays.
        #expect(throws: SnapshotFile.Fault.self) { try self.file.reseal(other) }
        #expect(try other.read().version == version)
    }

    @Test("Nothing of the configuration can be read in the file")
    func sealed() throws {
        try self.file.write(try Sample.content())
        let text = String(decoding: try self.bytes(), as: UTF8.self)
        #expect(!text.contains("upstream") && !text.contains("127.0.0.1"))
    }

    @Test("Two replicas cannot use one folder")
    func lock() throws {
        let first = try StateLock(folder: self.folder.path)
        #expect(throws: SystemError.self) { try StateLock(folder: self.folder.path) }
        // Who was given a copy holds the very same lock.
        let copy = try StateLock(folder: self.folder.path, inherited: dup(first.descriptor))
        #expect(copy.descriptor >= 0)
        withExtendedLifetime(first) {}
    }
}
