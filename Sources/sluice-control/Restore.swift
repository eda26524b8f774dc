import ArgumentParser
import CLinux
import Foundation
import Storage

/// `sluice-control restore`: puts a backup in the place of the database.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts a backup in the place of the database; the control plane must be stopped.",
        discussion: """
            The backup is checked before anything is touched. A run that is killed leaves the old database or the new \
            one; the old one is kept beside it.
            """)

    @Option(help: ArgumentHelp("The folder whose database is replaced; made when missing.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("What `sluice backup` has written.", valueName: "file"))
    var from: String

    @OptionGroup var key: KeyOptions

    func run() throws {
        clinux_forbid_dumps()
        do {
            let folder = try DataFolder(opening: self.data)
            let restoration = Restoration(of: folder, key: self.key.source(in: folder))
            Self.tell(try restoration.restore(from: self.from, at: Timestamp(.now)))
        } catch {
            Self.say("sluice-control: \(error)")
            throw ExitCode.failure
        }
    }

    private static func tell(_ report: Restoration.Report) {
        let version = report.version
        Self.say("restored version \(version.number) of \(version.createdAt.text); the identity is \(report.identity)")
        if let replaced = report.replaced { Self.say("the database that it replaced is \(replaced)") }
        if !report.keepsRevocations {
            Self.say(
                "warning: there was no database to read revocations from: tokens that were revoked since the backup are "
                    + "good again, see `sluice token list`")
        }
        if let fault = report.auditFault {
            Self.say("warning: the audit was tampered with: record \(fault) is not what was written")
        }
    }

    private static func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
