import Foundation
import GatewayModel
import Storage
import Testing

@Suite("Backups and what is restored from them")
struct RestorationTests {
    private static func write(_ number: Int64, to database: ConfigurationDatabase) throws {
        let stored = try StoredResource.upstream("u\(number)", order: number, version: number)
        try database.commit([VersionCommit(number, [.upsert(stored, replaced: nil)])])
    }

    private static func save(_ backup: Backup, to path: String) throws {
        var bytes: [UInt8] = []
        while true {
            let more = try backup.bytes(at: Int64(bytes.count), count: 1_000)
            if more.isEmpty { break }
            bytes += more
        }
        #expect(Int64(bytes.count) == backup.size)
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// A backup at version 3 of a folder that is at version 5.
    private static func make(in folder: TemporaryFolder) async throws -> String {
        let path = folder.data.path(of: "saved")
        try await folder.whileOpen { database in
            _ = try database.load(newIdentity: "one", at: .start)
            for number in Int64(2)...3 { try Self.write(number, to: database) }
            try Self.save(try await database.backUp(), to: path)
            for number in Int64(4)...5 { try Self.write(number, to: database) }
        }
        return path
    }

    @Test("What was saved comes back, and what it replaces is kept")
    func restores() async throws {
        let folder = try TemporaryFolder()
        let path = try await Self.make(in: folder)
        let restoration = Restoration(of: folder.data, key: SecretKeySource(in: folder.data))
        let report = try restoration.restore(from: path, at: .start)
        #expect(report.identity == "one" && report.version.number == 3 && report.auditFault == nil)
        let kept = try #require(report.replaced)
        #expect(FileManager.default.fileExists(atPath: kept))
        let state = try folder.open { try $0.load(newIdentity: "two", at: .start) }
        #expect(state.identity == "one" && state.latest.number == 3 && state.resources.count == 2)
        // And the way back is the same.
        let back = try restoration.restore(from: kept, at: Timestamp(milliseconds: Timestamp.start.milliseconds + 1))
        #expect(back.version.number == 5)
        #expect(try folder.open { try $0.load(newIdentity: "two", at: .start) }.resources.count == 4)
    }

    @Test("A backup leaves no file, not even one of a run that was killed")
    func leavesNothing() async throws {
        let folder = try TemporaryFolder()
        _ = try await Self.make(in: folder)
        let leftover = folder.data.path(of: "sluice.backup-x")
        #expect(FileManager.default.createFile(atPath: leftover, contents: nil))
        try folder.open { _ in }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.data.path)
        #expect(!names.contains { $0.hasPrefix("sluice.backup-") })
    }

    @Test("A folder that a control plane works on is left alone")
    func needsTheLease() async throws {
        let folder = try TemporaryFolder()
        let path = try await Self.make(in: folder)
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            #expect {
                try Restoration(of: folder.data, key: SecretKeySource(in: folder.data)).restore(from: path, at: .start)
            } throws: { error in
                if case StorageError.leaseHeld = error { true } else { false }
            }
        }
    }

    @Test("A backup is cut or altered anywhere: it is refused, or what it says is still all there")
    func refusesDamage() async throws {
        let folder = try TemporaryFolder()
        let path = try await Self.make(in: folder)
        let whole = try Data(contentsOf: URL(filePath: path))
        let restoration = Restoration(of: folder.data, key: SecretKeySource(in: folder.data))
        // Of the last page the end may be empty room.
        for size in stride(from: 0, to: whole.count - 4_096, by: 1_021) {
            try whole.prefix(size).write(to: URL(filePath: path))
            #expect(throws: StorageError.self, "\(size) bytes") { try restoration.restore(from: path, at: .start) }
        }
        #expect(try folder.open { try $0.load(newIdentity: "two", at: .start) }.latest.number == 5)
    }

    @Test("The secret key of another folder does not open it")
    func needsTheKey() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let path = try await Self.make(in: folder)
        let restoration = Restoration(of: other.data, key: SecretKeySource(in: other.data))
        #expect(throws: StorageError.self) { try restoration.restore(from: path, at: .start) }
        try other.open { _ = try $0.load(newIdentity: "two", at: .start) }
        #expect(throws: StorageError.self) { try restoration.restore(from: path, at: .start) }
        #expect(try other.open { try $0.load(newIdentity: "three", at: .start) }.identity == "two")
    }
}
