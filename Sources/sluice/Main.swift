import ArgumentParser
import Foundation
import GatewayModel

/// Parses, runs, and turns every failure into lines on stderr and a documented exit code.
@main
enum Main {
    static func main() {
        do {
            try self.checkVerb()
            var command = try Sluice.parseAsRoot()
            try command.run()
        } catch let failure as CommandFailure {
            for line in failure.lines { Terminal.complain(line) }
            exit(failure.status.rawValue)
        } catch {
            self.leave(error)
        }
    }

    /// A verb that does not exist is told apart from what is wrong with the arguments of one that does.
    private static func checkVerb() throws(CommandFailure) {
        guard let verb = CommandLine.arguments.dropFirst().first, !verb.hasPrefix("-"), verb != "help" else { return }
        let verbs = Sluice.configuration.subcommands.map { $0._commandName }
        guard !verbs.contains(verb) else { return }
        let near = verb.nearest(in: verbs).map { "; did you mean '\($0)'?" } ?? ""
        throw CommandFailure(
            .error, ["there is no command '\(verb)'\(near)", "  `sluice --help` shows which there are"])
    }

    /// Help and versions go to stdout with 0; whatever is wrong with the arguments to stderr with 1.
    private static func leave(_ error: any Error) -> Never {
        let message = Sluice.fullMessage(for: error)
        if Sluice.exitCode(for: error) == .success {
            if !message.isEmpty { print(message) }
            exit(0)
        }
        if !message.isEmpty { Terminal.complain(message) }
        exit(ExitStatus.error.rawValue)
    }
}
