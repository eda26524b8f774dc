import ArgumentParser
import CLinux
import Foundation
import Storage

/// `sluice-control rotate-key`: encrypts with another secret key whatever is secret in the database.
struct RotateKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Encrypts the secrets in the database with another key; the control plane must be stopped.",
        discussion: """
            Every secret of every version that is kept is encrypted anew, in one transaction: a run that is killed leaves \
            the old state or the new one. Tokens stay good. Backups from before need the old key; \
            that of DATA/secret.key is kept beside it.
            """)

    @Option(help: ArgumentHelp("The folder with the database.", valueName: "dir"))
    var data: String

    @OptionGroup var key: KeyOptions

    @Option(
        help: ArgumentHelp(
            "A file with the new key; else one is made and takes the place of DATA/secret.key.", valueName: "file"))
    var newKeyFile: String?

    func run() throws {
        clinux_forbid_dumps()
        do {
            try self.rotate()
        } catch {
            FileHandle.standardError.write(Data("sluice-control: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }

    private func rotate() throws(StorageError) {
        let folder = try DataFolder(existing: self.data)
        let database = try ConfigurationDatabase(
            in: folder, key: self.key.source(in: folder), at: Timestamp(.now))
        defer { database.close() }
        let count: Int
        var kept: String?
        if let newKeyFile {
            count = try database.encrypt(with: SecretKeySource(file: newKeyFile), at: Timestamp(.now))
        } else {
            count = try database.encrypt(with: .makeSuccessor(in: folder), at: Timestamp(.now))
            kept = try SecretKeySource(in: folder).succeed(at: Timestamp(.now))
        }
        self.say("\(count) secrets are encrypted with the new key; \(self.place)")
        if let kept { self.say("backups from before need the old key, which is kept as \(kept)") }
        do {
            try database.compact()
        } catch {
            self.say("what the old key opens may still be in freed pages of the database: \(error)")
        }
    }

    private var place: String {
        if let newKeyFile { return "start with --secret-key-file \(newKeyFile)" }
        return "it is in \(self.data)/secret.key, so start without --secret-key-file and SLUICE_SECRET_KEY"
    }

    private func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
