import ArgumentParser
import Foundation

/// Parses, runs, and turns every failure into lines on stderr and a documented exit code.
@main
enum Main {
    static func main() {
        do {
            var command = try Sluice.parseAsRoot()
            try command.run()
        } catch let failure as CommandFailure {
            for line in failure.lines { Terminal.complain(line) }
            exit(failure.status.rawValue)
        } catch {
            self.leave(error)
        }
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
