import ArgumentParser

/// A version as people name it: its number, or `latest`.
struct VersionArgument: ExpressibleByArgument {
    let text: String

    init?(argument: String) {
        guard argument == "latest" || Int64(argument).map({ $0 > 0 }) == true else { return nil }
        self.text = argument
    }

    static let latest = "latest"
}
