import Foundation

/// What the environment says; the one place that reads it.
struct Environment {
    let url: String?
    let token: String?
    let noColor: Bool
    /// The folder for settings, `~/.config` unless `XDG_CONFIG_HOME` says otherwise.
    let configurationFolder: String

    static let current = Environment(ProcessInfo.processInfo.environment)

    init(_ variables: [String: String]) {
        func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.url = value("SLUICE_URL")
        self.token = value("SLUICE_TOKEN")
        self.noColor = value("NO_COLOR") != nil
        self.configurationFolder = value("XDG_CONFIG_HOME") ?? (value("HOME") ?? ".") + "/.config"
    }
}
