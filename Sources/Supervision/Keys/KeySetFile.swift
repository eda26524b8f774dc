/// Key sets on disk, sealed as the snapshot beside them is: whoever could put a key there could make tokens.
struct KeySetFile: Sendable {
    private static let magic = Array("sluice-keys/1\n".utf8)
    private static let purpose = "sluice key sets on disk 1"

    private let folder: String
    private let token: TokenFile

    /// - Returns: `nil` where the configuration is a file: then there is no folder for what is known.
    init?(_ source: SupervisorSettings.Source) {
        guard case .control(_, let token, let state, _) = source else { return nil }
        self.folder = state
        self.token = token
    }

    private func file() throws(SystemError) -> SealedFile {
        SealedFile(
            path: self.folder + "/keys.json", folder: self.folder, token: try self.token.read(), magic: Self.magic,
            purpose: Self.purpose)
    }

    func write(_ keySets: KnownKeySets) throws(SystemError) { try self.file().write(keySets.encoded()) }

    /// `nil` where there is nothing, or nothing that this replica has written.
    func read() -> KnownKeySets? {
        guard let body = try? self.file().read() else { return nil }
        return KnownKeySets(parsing: body)
    }
}
