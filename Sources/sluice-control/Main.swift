import ArgumentParser

/// `sluice-control`: the control plane, and what is done to its data folder while it is not running.
@main
struct SluiceControl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-control",
        abstract: "The control plane: stores listeners, routes and upstreams and hands them to the workers.",
        discussion: "Without a subcommand it serves: `sluice-control --data DIR`.",
        subcommands: [ControlCommand.self, RotateKey.self, Restore.self], defaultSubcommand: ControlCommand.self)
}
