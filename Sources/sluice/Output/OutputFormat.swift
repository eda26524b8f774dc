import ArgumentParser

/// `-o`.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, yaml, name
}

struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "How to print: table, json, yaml or name.")
    var output: OutputFormat = .table
}
