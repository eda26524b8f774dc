import AdminAPI
import Foundation
import Logging
import ServiceLifecycle
import Storage
import UnixSignals

extension ControlCommand {
    /// Builds everything and serves until SIGTERM or SIGINT.
    func serve(in folder: DataFolder) async throws {
        let logger = self.makeLogger()
        let metrics = AdminMetrics()
        let key = self.secretKey(in: folder)
        let database = try ConfigurationDatabase(in: folder, key: key, at: Timestamp(.now))
        defer { database.close() }
        let state = try ControlState(database: database, logger: logger, metrics: metrics, now: Self.clock())
        let secrets = try await BootstrapTokens(in: folder, state, logger: logger)
        let server = try AdminServer(
            AdminServer.Address(host: self.admin.host, port: self.admin.port), hosts: self.adminHost, state: state,
            authority: secrets.authority, metrics: metrics,
            documentation: try self.docs.map { try Documentation(folder: $0) }, logger: logger)
        if self.printOperations { return print(server.operationListing) }
        logger.notice(
            "Control plane starts",
            metadata: [
                "admin": "http://\(self.admin.host):\(self.admin.port)", "data": "\(folder.path)",
                "adminToken": "\(secrets.adminToken.path)", "workerToken": "\(secrets.workerToken.path)",
            ])
        try await Self.group(server, logger).run()
        logger.notice("Control plane stopped")
    }

    /// The file that was named, else the environment, else the folder.
    private func secretKey(in folder: DataFolder) -> SecretKeySource {
        let variable = "SLUICE_SECRET_KEY"
        if let file = self.secretKeyFile { return SecretKeySource(file: file) }
        if let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty {
            return SecretKeySource(text: text, name: variable)
        }
        return SecretKeySource(in: folder)
    }

    private static func clock() -> @Sendable () -> Moment {
        let start = ContinuousClock.now
        return {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            return Moment(wall: Timestamp(.now), uptime: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        }
    }

    private func makeLogger() -> Logger {
        var logger = Logger(label: "sluice-control") { label in JSONLogHandler(label: label) }
        logger.logLevel = self.logLevel
        return logger
    }

    private static func group(_ server: AdminServer, _ logger: Logger) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        return ServiceGroup(configuration: configuration)
    }
}
