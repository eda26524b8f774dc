import AdminAPI
import Foundation
import Logging
import ServiceLifecycle
import Storage
import UnixSignals

extension ControlCommand {
    /// Builds everything and serves until SIGTERM or SIGINT.
    func serve(in folder: DataFolder) async throws {
        Self.prepareProcess()
        let logs = LogRing()
        let logger = self.makeLogger(logs)
        let metrics = AdminMetrics()
        let tls = try self.tls.read()
        let references = try SecretReferences(
            environmentPrefix: self.allowSecretEnv, environment: ProcessInfo.processInfo.environment,
            folder: self.allowSecretFiles)
        let database = try ConfigurationDatabase(in: folder, key: self.key.source(in: folder), at: Timestamp(.now))
        defer { database.close() }
        let state = try ControlState(
            database: database, retention: self.history.retention, logger: logger, metrics: metrics,
            references: references, urlHosts: URLHosts(self.allowUrlHosts) ?? .any,
            requiresPreconditions: self.requirePreconditions, now: Self.clock())
        let tokens = try await BootstrapTokens(in: folder, state, logger: logger)
        let server = try AdminServer(
            AdminServer.Address(host: self.admin.host, port: self.admin.port), hosts: self.adminHost, tls: tls,
            state: state, authority: tokens.authority, metrics: metrics, logs: logs,
            documentation: try self.docs.map { try Documentation(folder: $0) }, logger: logger)
        if self.printOperations { return print(server.operationListing) }
        logger.notice(
            "Control plane starts",
            metadata: [
                "admin": "\(tls == nil ? "http" : "https")://\(self.admin.host):\(self.admin.port)",
                "data": "\(folder.path)", "adminToken": "\(tokens.adminToken.path)",
                "workerToken": "\(tokens.workerToken.path)",
            ])
        try await Self.group(server, state, tls, logger).run()
        logger.notice("Control plane stopped")
    }

    /// SIGHUP reads the certificate again and never ends us; every connection is a descriptor.
    private static func prepareProcess() {
        signal(SIGHUP, SIG_IGN)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func clock() -> @Sendable () -> Moment {
        let start = ContinuousClock.now
        return {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            return Moment(wall: Timestamp(.now), uptime: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        }
    }

    private func makeLogger(_ ring: LogRing) -> Logger {
        var logger = Logger(label: "sluice-control") { label in JSONLogHandler(label: label, ring: ring) }
        logger.logLevel = self.logLevel
        return logger
    }

    private static func group(
        _ server: AdminServer, _ state: ControlState, _ tls: AdminTLS?, _ logger: Logger
    ) -> ServiceGroup {
        var services: [any Service] = [server, HistoryPruning(state: state)]
        if let tls { services.append(CertificateReloads(tls: tls, logger: logger)) }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        return ServiceGroup(configuration: configuration)
    }
}
