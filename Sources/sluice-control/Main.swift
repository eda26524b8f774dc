import ArgumentParser

/// `sluice-control`: the control plane, and what is done to its data folder while it is not running.
@main
struct SluiceControl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-control",
        abstract: "The control plane: stores listeners, routes and upstreams and hands them to the workers.",
        discussion: """
            Without a subcommand it serves; `sluice-control serve --help` shows the options for that.

            Examples:
              sluice-control --data /var/lib/sluice
              sluice-control --data DIR --admin 0.0.0.0:9700 --tls-certificate cert.pem --tls-key key.pem
              sluice-control restore --data DIR --from backup.sqlite

            Exit codes: 0 stopped in order, 1 failed (stderr says why), 64 wrong arguments.
            """,
        subcommands: [ControlCommand.self, RotateKey.self, Restore.self], defaultSubcommand: ControlCommand.self)
}
