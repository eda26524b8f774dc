import Foundation
import Storage
import Testing

@Suite("The lease of a data folder")
struct LeaseTests {
    @Test("A second holder is refused and told who the first is")
    func refusesSecond() throws {
        let folder = try TemporaryFolder()
        let lease = try Lease(of: folder.data, at: .start)
        let error = #expect(throws: StorageError.self) { _ = try Lease(of: folder.data, at: .start) }
        let text = error?.description ?? ""
        #expect(text.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
        #expect(text.contains("2023-11-14T22:13:20.000Z"))
        withExtendedLifetime(lease) {}
    }

    @Test("It can be had again once it is let go")
    func canBeTakenAgain() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 { _ = try Lease(of: folder.data, at: .start) }
    }
}

@Suite("Private files")
struct PrivateFileTests {
    @Test("A file is written for its owner alone and read back")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let file = PrivateFile(path: folder.data.path(of: "secret"))
        #expect(try file.read() == nil)
        try file.write([1, 2, 3])
        try file.write([4, 5])
        #expect(try file.read() == [4, 5])
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("A secret that others can read is refused")
    func refusesExposed() throws {
        let folder = try TemporaryFolder()
        let file = PrivateFile(path: folder.data.path(of: "secret"))
        try file.write([1])
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
        #expect(throws: StorageError.exposedSecret(path: file.path)) { try file.read() }
    }
}
