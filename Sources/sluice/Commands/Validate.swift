import ArgumentParser
import Certificates
import Documents
import Foundation

/// `sluice validate`: everything a server would check, without one.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks the documents of files as one configuration, with no server.",
        discussion: "The same code checks and compiles as in control plane and workers. All faults are shown at once.")

    @Option(
        name: [.customShort("f"), .long], help: ArgumentHelp("A file, a folder, or - for stdin.", valueName: "file"))
    var file: [String]

    func run() throws {
        let local = try LocalGateway(self.file)
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
