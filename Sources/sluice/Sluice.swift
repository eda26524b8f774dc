import ArgumentParser

/// `sluice`, the command line for people and pipelines.
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Works with the configuration of a Sluice gateway.",
        discussion: """
            Where the control plane is comes from --url, else SLUICE_URL, else the context in use, else
            http://127.0.0.1:9700; the token from --token-file, else SLUICE_TOKEN, else the context in use.

            Exit codes: 0 done; 1 error; 3 the rollout did not finish in time; 4 refused by the server.
            """,
        subcommands: [
            Apply.self, Get.self, Delete.self, Replicas.self, Explain.self, Validate.self, Context.self,
            Completion.self,
        ])
}

/// The documented exit codes.
enum ExitStatus: Int32 {
    case done = 0
    case error = 1
    case rolloutUnfinished = 3
    case refused = 4
}

/// A command that did not do what was asked: what people read, and the exit code.
struct CommandFailure: Error {
    let status: ExitStatus
    let lines: [String]

    init(_ status: ExitStatus = .error, _ lines: [String]) {
        self.status = status
        self.lines = lines
    }

    init(_ line: String) { self.init(.error, [line]) }
}
