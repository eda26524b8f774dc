package import ControlClient
package import DataPlane

/// How a replica is run; holding one is the proof that every setting was checked.
package struct SupervisorSettings: Sendable {
    /// A control plane or a file.
    package enum Source: Sendable {
        case control(ClientSettings, token: TokenFile, state: String, adoptsIdentity: Bool)
        case file(String)
    }

    /// Where the configuration comes from.
    package let source: Source
    /// How many worker processes.
    package let workers: Int
    /// The replica's own admin port.
    package let admin: ListenAddress
    /// `stdout`, `off` or a path, as workers are told it.
    package let accessLog: String
    /// What requests in flight get at the end.
    package let drainTimeoutMilliseconds: UInt64
    /// Between failing readiness and closing the listeners.
    package let drainDelayMilliseconds: UInt64
    /// The name that the control plane knows the replica by.
    package let replica: String
    /// The machine's name, for reports.
    package let host: String
    /// What worker processes and successors inherit, `NAME=value` each.
    package let environment: [String]
    /// What an upgrade executes: an absolute path.
    package let program: String
    /// As this process was started with, without what told it of its predecessor.
    package let arguments: [String]
    /// What a successor gets until it serves.
    package let upgradeTimeoutMilliseconds: UInt64
    /// The channel to the process that this one is to take the place of.
    package let handover: Int32?
    /// Where the service manager wants to be told (`NOTIFY_SOCKET`).
    package let notifySocket: String?
    /// Name servers for discovery, `ADDR[:PORT],…`; `nil`: those of /etc/resolv.conf.
    package let dnsServers: String?
    /// Certificates to trust for the key sets of token issuers, in place of the system's.
    package let keySetAuthorityFile: String?
    /// Bytes of the memory for the counts of rate limits.
    package let limitMemory: Int
    /// What worker processes are told of the store of global limits: flags; empty: there is none.
    package let limitStore: [String]
}

/// The settings as given, before any check.
package struct RawSettings: Sendable {
    package var control: String?
    package var tokenFile: String?
    package var authorityFile: String?
    package var state: String?
    package var config: String?
    package var workers: Int?
    package var admin = "127.0.0.1:9701"
    package var accessLog = "stdout"
    package var drainTimeout = "30s"
    package var drainDelay = "0s"
    package var replica: String?
    package var adoptsIdentity = false
    package var environment: [String] = []
    package var program = ""
    package var arguments: [String] = []
    package var upgradeTimeout = "30s"
    package var handover: Int32?
    package var notifySocket: String?
    package var dnsServers: String?
    package var keySetAuthorityFile: String?
    package var limitMemory = "32Mi"
    package var limitStore: String?
    package var limitStorePasswordFile: String?
    package var limitStoreAuthorityFile: String?
    package var limitStoreTimeout = "100ms"

    /// The defaults; everything else is to be set.
    package init() {}
}

/// All that is wrong with the settings, one sentence each.
package struct SettingsFaults: Error {
    package let sentences: [String]
}

extension ListenAddress {
    /// `127.0.0.1:80`, `[::1]:80`.
    var text: String { self.address.contains(":") ? "[\(self.address)]:\(self.port)" : "\(self.address):\(self.port)" }
}
