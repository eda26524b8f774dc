package import Storage

/// The key and the two tokens that a control plane makes when it first starts.
package struct Secrets: Sendable {
    package let authority: TokenAuthority
    /// Where the tokens are; the texts themselves are never kept or logged.
    package let adminToken: PrivateFile
    package let workerToken: PrivateFile

    /// Reads `secret.key`, `admin.token` and `worker.token`, and makes those that are missing.
    ///
    /// - Parameter now: seconds since 1970, for `iat`.
    package init(in folder: DataFolder, now: Int) throws(StorageError) {
        self.authority = try Self.authority(PrivateFile(path: folder.path(of: "secret.key")))
        self.adminToken = PrivateFile(path: folder.path(of: "admin.token"))
        self.workerToken = PrivateFile(path: folder.path(of: "worker.token"))
        try self.ensure(self.adminToken, for: Caller(name: "admin", role: .admin), now: now)
        try self.ensure(self.workerToken, for: Caller(name: "worker", role: .worker), now: now)
    }

    private static func authority(_ file: PrivateFile) throws(StorageError) -> TokenAuthority {
        if let key = try file.read() {
            guard let authority = TokenAuthority(key: key) else {
                throw .file(path: file.path, problem: "the key must have at least 32 bytes")
            }
            return authority
        }
        let key = RandomText.bytes(32)
        guard let authority = TokenAuthority(key: key) else {
            throw .file(path: file.path, problem: "no key could be made")
        }
        try file.write(key)
        return authority
    }

    private func ensure(_ file: PrivateFile, for caller: Caller, now: Int) throws(StorageError) {
        if try file.read() != nil { return }
        guard let token = self.authority.token(for: caller, issued: now) else {
            throw .file(path: file.path, problem: "no token could be signed")
        }
        try file.write(Array(token.utf8) + [0x0A])
    }
}
