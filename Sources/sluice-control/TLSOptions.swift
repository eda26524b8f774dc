import AdminAPI
import ArgumentParser
import Storage

/// Certificate and key of the admin listener.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The certificate chain of the admin listener in PEM; read again on SIGHUP.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Its private key in PEM, readable by its owner alone.", valueName: "file"))
    var tlsKey: String?

    var isOn: Bool { self.tlsCertificate != nil }

    func validate() throws {
        guard (self.tlsCertificate == nil) == (self.tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together.")
        }
    }

    func read() throws(StorageError) -> AdminTLS? {
        guard let tlsCertificate, let tlsKey else { return nil }
        return try AdminTLS(certificate: tlsCertificate, key: tlsKey)
    }
}
