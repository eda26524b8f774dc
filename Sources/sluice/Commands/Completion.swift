import ArgumentParser

/// `sluice completion`: a script for the shell.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a completion script for bash, zsh or fish.",
        discussion: """
            Names of resources are offered by asking the control plane.

            Examples:
              sluice completion bash > /etc/bash_completion.d/sluice
              sluice completion zsh > "${fpath[1]}/_sluice"
              sluice completion fish > ~/.config/fish/completions/sluice.fish
            """)

    @Argument(help: "bash, zsh or fish.", completion: .list(["bash", "zsh", "fish"])) var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: self.shell) else {
            throw CommandFailure("'\(self.shell)' is not bash, zsh or fish")
        }
        Terminal.show(Sluice.completionScript(for: shell))
    }
}
