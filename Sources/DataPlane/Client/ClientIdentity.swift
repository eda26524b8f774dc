import AccessControl
import Reactor

/// The certificate that a client has shown.
// Justified: nothing changes after init.
final class ClientIdentity: Sendable {
    let isVerified: Bool
    let subject: String
    /// `nil` for a certificate that was not verified.
    let names: CertificateNames?
    /// Its element of `X-Forwarded-Client-Cert`, in the form that Envoy gives it.
    let forwarded: [UInt8]

    init(_ peer: TLSPeer) {
        self.isVerified = peer.isVerified
        self.subject = peer.subject
        self.names =
            peer.isVerified
            ? CertificateNames(
                subject: peer.subject, dnsNames: peer.dnsNames, uris: peer.uris, fingerprint: peer.fingerprint) : nil
        var text = "Hash=\(peer.fingerprint);Subject=\(Self.quoted(peer.subject))"
        for uri in peer.uris.prefix(8) { text += ";URI=\(Self.quoted(uri))" }
        for name in peer.dnsNames.prefix(8) { text += ";DNS=\(Self.quoted(name))" }
        self.forwarded = Array(text.utf8.prefix(2048).map { $0 < 0x20 || $0 > 0x7E ? 0x3F : $0 })
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}

extension UnsafeMutablePointer<Client> {
    var identity: ClientIdentity? { self.pointee.identity?._withUnsafeGuaranteedRef { $0 } }
}
