import ArgumentParser
import CLinux
import DataPlane
import Foundation
import Supervision

/// `sluice-worker`: one replica of the data plane. The same executable is supervisor and worker process.
@main
struct SluiceWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-worker",
        abstract: "Serves traffic: a supervisor with its worker processes.",
        discussion: """
            The configuration comes from a control plane (--control, --token-file, --state) or from a file (--config), \
            which is read again on SIGHUP. SIGTERM drains and ends; a second one ends at once. SIGUSR2 starts the \
            executable anew, as it is on disk then, and hands over to it without losing a request.

            Exit codes: 0 stopped in order, 1 failed (stderr says why), 64 wrong arguments.
            """)

    @Option(help: ArgumentHelp("The control plane's URL.", valueName: "url"))
    var control: String?
    @Option(help: ArgumentHelp("A file that holds the worker token.", valueName: "file"))
    var tokenFile: String?
    @Option(help: ArgumentHelp("Certificates to trust for the control plane.", valueName: "file"))
    var caFile: String?
    @Option(help: ArgumentHelp("The folder for the last good snapshot.", valueName: "dir"))
    var state: String?
    @Option(help: ArgumentHelp("Serves these documents, without a control plane.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("How many worker processes; one per core by default.", valueName: "n"))
    var workers: Int?
    @Option(help: ArgumentHelp("The replica's own admin port.", valueName: "addr:port"))
    var admin = "127.0.0.1:9701"
    @Option(help: ArgumentHelp("Where the access log goes.", valueName: "stdout|off|path"))
    var accessLog = "stdout"
    @Option(help: ArgumentHelp("How long requests in flight may take at the end.", valueName: "duration"))
    var drainTimeout = "30s"
    @Option(help: ArgumentHelp("How long to serve on after readiness has failed.", valueName: "duration"))
    var drainDelay = "0s"
    @Option(help: ArgumentHelp("The replica's name; the host's by default.", valueName: "name"))
    var replica: String?
    @Option(
        help: ArgumentHelp(
            "Name servers for upstreams that are discovered, instead of those of /etc/resolv.conf.",
            valueName: "addr[:port],…"))
    var dnsServers: String?
    @Option(help: ArgumentHelp("Certificates to trust for the key sets of token issuers.", valueName: "file"))
    var jwksCaFile: String?
    @Option(help: ArgumentHelp("Memory for the counts of rate limits: 16 bytes for each key.", valueName: "size"))
    var limitMemory = "32Mi"
    @Option(
        help: ArgumentHelp(
            "The Redis that counts limits of scope global: redis://[user@]host[:port][/database], or rediss:// for TLS.",
            valueName: "url"))
    var limitStore: String?
    @Option(help: ArgumentHelp("A file that holds its password.", valueName: "file"))
    var limitStorePasswordFile: String?
    @Option(help: ArgumentHelp("Certificates to trust for it.", valueName: "file"))
    var limitStoreCaFile: String?
    @Option(help: ArgumentHelp("How long a request waits for its answer.", valueName: "duration"))
    var limitStoreTimeout = "100ms"
    @Flag(help: "Accepts another control plane than the one served so far.")
    var adoptIdentity = false
    @Option(help: .hidden)
    var workerProcess: Int?
    /// The channel to the supervisor that this process is to take the place of.
    @Option(help: .hidden)
    var handover: Int32?
    /// How long that supervisor waits until this one serves.
    @Option(help: .hidden)
    var upgradeTimeout = "30s"

    func run() throws {
        if let index = self.workerProcess { throw ExitCode(self.serve(index)) }
        throw ExitCode(try self.supervise())
    }

    /// A worker process: descriptor 3 is its end of the channel to the supervisor, 4 the replica's gauges, 5 its limits.
    private func serve(_ index: Int) -> Int32 {
        // The kernel would show the name of the link that was executed, /proc/self/exe.
        FileHandle(forWritingAtPath: "/proc/self/comm")?.write(Data("sluice-worker".utf8))
        clinux_forbid_dumps()
        return WorkerProcess.run(
            WorkerSettings(
                index: index, count: self.workers ?? 1, channelDescriptor: 3, gaugesDescriptor: 4,
                limitsDescriptor: 5,
                accessLog: self.accessLogTarget, store: self.storeSettings))
    }

    /// The supervisor has checked what it is made of.
    private var storeSettings: StoreSettings? {
        guard var settings = self.limitStore.flatMap({ StoreSettings(url: $0) }) else { return nil }
        if let file = self.limitStorePasswordFile {
            settings.password = (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .newlines)
        }
        if let file = self.limitStoreCaFile {
            settings.authorities = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        }
        settings.readTimeout(self.limitStoreTimeout)
        return settings
    }

    private var accessLogTarget: AccessLogTarget {
        switch self.accessLog {
        case "off": .off
        case "stdout": .standardOutput
        default: .file(self.accessLog)
        }
    }

    private func supervise() throws -> Int32 {
        clinux_forbid_dumps()
        do {
            return try Supervisor(try self.rawSettings.checked()).run()
        } catch let faults as SettingsFaults {
            throw self.refusal(faults.sentences)
        } catch let failure as StartFailure {
            throw self.refusal(failure.sentences)
        }
    }

    private func refusal(_ sentences: [String]) -> ExitCode {
        for sentence in sentences { FileHandle.standardError.write(Data("sluice-worker: \(sentence)\n".utf8)) }
        return ExitCode(1)
    }

    private var rawSettings: RawSettings {
        var raw = RawSettings()
        raw.control = self.control
        raw.tokenFile = self.tokenFile
        raw.authorityFile = self.caFile
        raw.state = self.state
        raw.config = self.config
        raw.workers = self.workers
        raw.admin = self.admin
        raw.accessLog = self.accessLog
        raw.drainTimeout = self.drainTimeout
        raw.drainDelay = self.drainDelay
        raw.replica = self.replica
        raw.dnsServers = self.dnsServers
        raw.keySetAuthorityFile = self.jwksCaFile
        raw.limitMemory = self.limitMemory
        raw.limitStore = self.limitStore
        raw.limitStorePasswordFile = self.limitStorePasswordFile
        raw.limitStoreAuthorityFile = self.limitStoreCaFile
        raw.limitStoreTimeout = self.limitStoreTimeout
        raw.adoptsIdentity = self.adoptIdentity
        raw.environment = Self.environment()
        raw.notifySocket = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]
        raw.handover = self.handover
        raw.upgradeTimeout = self.upgradeTimeout
        let invocation = Invocation.current()
        raw.program = invocation.program
        raw.arguments = invocation.arguments
        return raw
    }

    /// Handed on to the worker processes as it is.
    private static func environment() -> [String] {
        ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
    }
}
