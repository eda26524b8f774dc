import ArgumentParser
import Documents

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
        let count = local.set.entries.count
        Terminal.show(count == 1 ? "1 document is valid" : "\(count) documents are valid")
    }
}
