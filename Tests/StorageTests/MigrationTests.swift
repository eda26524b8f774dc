import Foundation
import Storage
import Testing

@Suite("Migrations")
struct MigrationTests {
    private static let second = Migration(name: "0002_more", sql: "CREATE TABLE more (id INTEGER NOT NULL) STRICT")

    @Test("The program knows every file of migrations/, with the very text")
    func matchesFolder() throws {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let folder = here.appending(path: "../../migrations").standardized
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".sql") }
        #expect(files.sorted() == Migration.released.map { $0.name + ".sql" })
        for migration in Migration.released {
            let text = try String(contentsOf: folder.appending(path: migration.name + ".sql"), encoding: .utf8)
            #expect(migration.sql == text)
        }
    }

    @Test("A new release adds its migration to a database of the last one")
    func addsMissing() throws {
        let folder = try TemporaryFolder()
        try folder.open { _ in }
        try folder.open(migrations: Migration.released + [Self.second]) { _ in }
        try folder.open(migrations: Migration.released + [Self.second]) { _ in }
    }

    @Test("A migration that was edited after its release refuses the start and is named")
    func refusesEdited() throws {
        let folder = try TemporaryFolder()
        try folder.open(migrations: Migration.released + [Self.second]) { _ in }
        let edited = Migration(name: Self.second.name, sql: Self.second.sql + " -- harmless")
        #expect(throws: StorageError.editedMigration(name: "0002_more")) {
            try folder.open(migrations: Migration.released + [edited]) { _ in }
        }
    }

    @Test("A database of a newer release refuses the start")
    func refusesNewer() throws {
        let folder = try TemporaryFolder()
        try folder.open(migrations: Migration.released + [Self.second]) { _ in }
        #expect(throws: StorageError.unknownMigration(name: "0002_more")) { try folder.open { _ in } }
    }

    @Test("A migration that fails leaves nothing behind")
    func rollsBack() throws {
        let folder = try TemporaryFolder()
        let broken = Migration(name: "0002_more", sql: "CREATE TABLE more (id INTEGER); CREATE TABLE more (id INTEGER)")
        #expect(throws: StorageError.self) {
            try folder.open(migrations: Migration.released + [broken]) { _ in }
        }
        try folder.open(migrations: Migration.released + [Self.second]) { _ in }
    }
}
