import Foundation
import GatewayModel
import Storage

/// A data folder that disappears with the value.
final class TemporaryFolder {
    let data: DataFolder

    init() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "sluice-storage-\(UUID().uuidString)").path()
        self.data = try DataFolder(opening: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: self.data.path) }

    /// Opens the database, does something with it and closes it again, as one run of the control plane does.
    @discardableResult
    func open<Result>(
        migrations: [Migration] = Migration.released, key: SecretKeySource? = nil,
        _ body: (ConfigurationDatabase) throws -> Result
    ) throws -> Result {
        let database = try ConfigurationDatabase(
            in: self.data, key: key ?? SecretKeySource(in: self.data), migrations: migrations, at: .start)
        defer { database.close() }
        return try body(database)
    }

    /// The same for what reads beside the writes.
    @discardableResult
    func whileOpen<Result>(_ body: (ConfigurationDatabase) async throws -> Result) async throws -> Result {
        let database = try ConfigurationDatabase(in: self.data, key: SecretKeySource(in: self.data), at: .start)
        defer { database.close() }
        return try await body(database)
    }
}

extension Timestamp {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
}

extension StoredResource {
    /// An upstream as version `version` creates it.
    static func upstream(_ name: String, order: Int64, version: Int64, port: Int64 = 9000) throws -> StoredResource {
        let document: JSON = ["endpoints": [["address": "127.0.0.1", "port": .integer(port)]]]
        return StoredResource(
            resource: try Resource(kind: .upstream, name: name, document: document), order: order,
            createdVersion: version, updatedVersion: version, createdAt: .start, updatedAt: .start)
    }
}

extension VersionCommit {
    init(_ number: Int64, _ changes: [ResourceChange], message: String? = nil) {
        self.init(
            version: VersionRecord(
                number: number, parent: number - 1, digest: "sha256:\(number)", author: "test", message: message,
                createdAt: .start, counts: [.upstream: changes.count]),
            changes: changes,
            audit: AuditEntry(
                time: .start, actor: "test", role: "admin", action: "apply", subject: nil, source: "127.0.0.1",
                requestID: "r\(number)", versionBefore: number - 1, versionAfter: number, message: message))
    }
}
