import Foundation
package import Logging
package import Storage

/// `admin.token` and `worker.token` of the data folder, which a control plane makes when it first starts.
///
/// They are what an operator gets in with, so that database and files may come from different times (a backup was
/// restored, a file was lost) and nobody is locked out:
/// - no file, or one with a token of another database: a new token takes its place, and the one before is revoked;
/// - a token of ours without a row: the row was lost with the database, and is made again;
/// - a token that was revoked: it stays so. Whoever deletes the file gets a new one at the next start.
package struct BootstrapTokens: Sendable {
    package let authority: TokenAuthority
    /// Where the tokens are; the texts themselves are never kept or logged.
    package let adminToken: PrivateFile
    package let workerToken: PrivateFile

    /// Before the control plane serves: nobody else writes yet.
    package init(in folder: DataFolder, _ state: ControlState, logger: Logger) async throws(StorageError) {
        let database = state.database
        let registry = TokenRegistry(try database.tokens())
        guard let authority = TokenAuthority(key: try database.tokenKey(), registry: registry) else {
            throw .broken(problem: "the key that tokens are signed with has fewer than 32 bytes")
        }
        self.authority = authority
        self.adminToken = PrivateFile(path: folder.path(of: "admin.token"))
        self.workerToken = PrivateFile(path: folder.path(of: "worker.token"))
        let maker = BootstrapToken(
            authority: authority, database: database, version: await state.latest.number, now: state.now().wall,
            isFirstStart: try database.isUnused(), logger: logger)
        try maker.ensure(self.adminToken, name: "admin", role: .admin)
        try maker.ensure(self.workerToken, name: "worker", role: .worker)
    }
}

/// Brings one file and its row together.
private struct BootstrapToken {
    let authority: TokenAuthority
    let database: ConfigurationDatabase
    let version: Int64
    let now: Timestamp
    /// What is made with the database goes without saying.
    let isFirstStart: Bool
    let logger: Logger

    func ensure(_ file: PrivateFile, name: String, role: Role) throws(StorageError) {
        guard let bytes = try file.read() else { return try self.make(file, name, role) }
        guard let claims = self.authority.claims(of: Self.text(bytes)) else {
            self.logger.warning(
                "A token file holds no token of this database; it gets a new one", metadata: ["file": "\(file.path)"])
            return try self.make(file, name, role)
        }
        if self.authority.registry.caller(id: claims.id, now: self.seconds) != nil { return }
        let isLost = try !self.database.isRevoked(tokenID: claims.id) && claims.expiry == nil
        if isLost, claims.name == name, claims.role == role {
            try self.register(StoredToken(claims, at: self.now), action: "token.restore")
        } else {
            self.logger.warning(
                "The token in a token file is no longer good; delete the file and restart for a new one",
                metadata: ["file": "\(file.path)"])
        }
    }

    /// The file comes first: a crash in between leaves a token that is registered at the next start.
    private func make(_ file: PrivateFile, _ name: String, _ role: Role) throws(StorageError) {
        let claims = TokenClaims(id: RandomText.hexadecimal(bytes: 16), name: name, role: role, expiry: nil)
        guard let token = self.authority.token(claims, issued: self.seconds) else {
            throw .file(path: file.path, problem: "no token could be signed")
        }
        try file.write(Array(token.utf8) + [0x0A])
        try self.register(StoredToken(claims, at: self.now), action: "token.create")
    }

    private func register(_ token: StoredToken, action: String) throws(StorageError) {
        let audit = AuditEntry(
            time: self.now, actor: "sluice-control", role: "system", action: action, subject: token.name,
            source: "local", requestID: "start", versionBefore: self.version, versionAfter: self.version,
            message: "role \(token.role), from the data folder")
        try self.database.add(token, audit: self.isFirstStart ? nil : audit)
        self.authority.registry.add(token)
    }

    private var seconds: Int { Int(self.now.milliseconds / 1000) }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(8192), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension StoredToken {
    fileprivate init(_ claims: TokenClaims, at now: Timestamp) {
        self.init(
            id: claims.id, name: claims.name, role: claims.role.rawValue, createdBy: "sluice-control", createdAt: now)
    }
}
