import Foundation

/// What the environment says; the one place that reads it.
struct Environment {
    let url: String?
    let token: String?
    /// Not with NO_COLOR, and not on a terminal that cannot.
    let allowsColor: Bool
    /// The folder for settings, `~/.config` unless `XDG_CONFIG_HOME` says otherwise.
    let configurationFolder: String

    static let current = Environment(ProcessInfo.processInfo.environment)

    init(_ variables: [String: String]) {
        func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.url = value("SLUICE_URL")
        self.token = value("SLUICE_TOKEN")
        self.allowsColor = value("NO_COLOR") == nil && value("TERM") != "dumb"
        self.configurationFolder = value("XDG_CONFIG_HOME") ?? (value("HOME") ?? ".") + "/.config"
    }
}
