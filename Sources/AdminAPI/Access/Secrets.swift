package import Storage

/// The two tokens that a control plane makes when it first starts, and what checks them.
package struct Secrets: Sendable {
    package let authority: TokenAuthority
    /// Where the tokens are; the texts themselves are never kept or logged.
    package let adminToken: PrivateFile
    package let workerToken: PrivateFile

    /// Reads `admin.token` and `worker.token`, and makes those that are missing.
    ///
    /// - Parameters:
    ///   - key: signs them.
    ///   - now: seconds since 1970, for `iat`.
    package init(in folder: DataFolder, key: [UInt8], now: Int) throws(StorageError) {
        guard let authority = TokenAuthority(key: key) else {
            throw .broken(problem: "the secret key has fewer than 32 bytes")
        }
        self.authority = authority
        self.adminToken = PrivateFile(path: folder.path(of: "admin.token"))
        self.workerToken = PrivateFile(path: folder.path(of: "worker.token"))
        try self.ensure(self.adminToken, for: Caller(name: "admin", role: .admin), now: now)
        try self.ensure(self.workerToken, for: Caller(name: "worker", role: .worker), now: now)
    }

    private func ensure(_ file: PrivateFile, for caller: Caller, now: Int) throws(StorageError) {
        if try file.read() != nil { return }
        guard let token = self.authority.token(for: caller, issued: now) else {
            throw .file(path: file.path, problem: "no token could be signed")
        }
        try file.write(Array(token.utf8) + [0x0A])
    }
}
