import AdminAPI
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the certificate of the admin listener again on SIGHUP.
struct CertificateReloads: Service {
    let tls: AdminTLS
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try self.tls.reload()
                self.logger.notice("The admin listener's certificate was read again")
            } catch {
                self.logger.error(
                    "The admin listener keeps its certificate: the new one cannot be used",
                    metadata: ["error": "\(error)"])
            }
        }
    }
}
