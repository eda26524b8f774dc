import NIOSSL
package import Storage
import Synchronization

/// Certificate and key of the admin listener, read from files; read again when asked.
package final class AdminTLS: Sendable {
    private let certificate: String
    private let key: PrivateFile
    private let context: Mutex<NIOSSLContext>

    /// - Parameters:
    ///   - certificate: a file with the chain in PEM, the listener's own certificate first.
    ///   - key: a file with its private key in PEM, which is for its owner alone.
    /// - Throws: what is wrong with one of them, or that they do not belong together.
    package init(certificate: String, key: String) throws(StorageError) {
        self.certificate = certificate
        self.key = PrivateFile(path: key)
        self.context = Mutex(try Self.context(certificate, self.key))
    }

    /// Reads both files again, for connections from now on. When it throws, the ones that were good stay in force.
    package func reload() throws(StorageError) {
        let fresh = try Self.context(self.certificate, self.key)
        self.context.withLock { $0 = fresh }
    }

    /// For a new connection.
    var current: NIOSSLContext { self.context.withLock { $0 } }

    private static func context(_ certificate: String, _ key: PrivateFile) throws(StorageError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch {
            throw .file(path: certificate, problem: "no certificate in PEM can be read from it")
        }
        guard !chain.isEmpty else { throw .file(path: certificate, problem: "it holds no certificate in PEM") }
        guard let bytes = try key.read() else { throw .file(path: key.path, problem: "there is no such file") }
        do {
            let key = try NIOSSLPrivateKey(bytes: bytes, format: .pem)
            var settings = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            settings.minimumTLSVersion = .tlsv12
            settings.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw .file(path: key.path, problem: "it holds no private key in PEM that fits \(certificate)")
        }
    }
}
