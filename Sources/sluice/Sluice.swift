import ArgumentParser

/// `sluice`, the command line for people and pipelines.
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Works with the configuration of a Sluice gateway.",
        discussion: """
            Where the control plane is comes from --url, else SLUICE_URL, else the context in use, else \
            \(ConnectionOptions.defaultURL); the token from --token-file, else SLUICE_TOKEN, else the context in use. Colours are for terminals; NO_COLOR turns them off there as well.

            In a pipeline:
              sluice validate -f gateway/
              sluice diff -f gateway/ --set shop --prune
              sluice apply -f gateway/ --set shop --prune --wait 60s

            Exit codes:
              0  done; for diff: nothing differs
              1  error: wrong arguments, invalid files, no answer from the control plane
              2  diff found differences
              3  the rollout did not finish in time
              4  refused by the server
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "Whole configurations",
                subcommands: [Validate.self, Diff.self, Plan.self, Apply.self, Export.self]),
            CommandGroup(
                name: "Resources",
                subcommands: [Get.self, Describe.self, Delete.self, Cert.self, ConsumerCommand.self]),
            CommandGroup(
                name: "History",
                subcommands: [Versions.self, Rollback.self, RolloutCommand.self, Audit.self]),
            CommandGroup(
                name: "Running gateways",
                subcommands: [Explain.self, Diagnose.self, Replicas.self, Top.self, Logs.self, Firewall.self]),
            CommandGroup(
                name: "Access",
                subcommands: [Token.self, Backup.self, Context.self, Completion.self]),
        ])
}

/// The documented exit codes.
enum ExitStatus: Int32 {
    case done = 0
    case error = 1
    case differs = 2
    case rolloutUnfinished = 3
    case refused = 4
}

/// A command that did not do what was asked: what people read, and the exit code.
struct CommandFailure: Error {
    let status: ExitStatus
    let lines: [String]
    /// Whether the same call may succeed a little later: nobody answered, or who answered was starting or stopping.
    let isPassing: Bool

    init(_ status: ExitStatus = .error, _ lines: [String], isPassing: Bool = false) {
        self.status = status
        self.lines = lines
        self.isPassing = isPassing
    }

    init(_ line: String) { self.init(.error, [line]) }
}
