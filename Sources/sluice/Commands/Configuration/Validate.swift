import ArgumentParser
import Certificates
import Documents
import Foundation

/// `sluice validate`: everything a server would check, without one.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks the documents of files as one configuration, with no server.",
        discussion: """
            The same code checks and compiles as in control plane and workers. All faults are shown at once, with file and \
            line. Secrets may be left out, or be named with fromEnv or fromFile: what they hold is the server's to check.

            Examples:
              sluice validate -f gateway/
              sluice export | sluice validate -f -
            """)

    @OptionGroup var files: FileArguments

    func run() throws {
        let local = try LocalGateway(self.files.file)
        try self.lookIntoCertificates(local.set)
        for warning in local.warnings { Terminal.complain("warning: \(warning)") }
        let count = local.set.entries.count
        Terminal.show(count == 1 ? "1 document is valid" : "\(count) documents are valid")
    }

    private func lookIntoCertificates(_ set: DocumentSet) throws(CommandFailure) {
        var set = set
        let now = Int64(Date.now.timeIntervalSince1970)
        for entry in set.entries { set.report(entry.resource.certificateFaults(at: now), of: entry) }
        guard set.problems.isEmpty else { throw CommandFailure(.error, set.problems.map(\.description)) }
    }
}
