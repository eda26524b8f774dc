import ArgumentParser

/// `sluice completion`: a script for the shell.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prints a completion script for bash, zsh or fish.")

    @Argument(help: "bash, zsh or fish.") var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: self.shell) else {
            throw CommandFailure("'\(self.shell)' is not bash, zsh or fish")
        }
        Terminal.show(Sluice.completionScript(for: shell))
    }
}
