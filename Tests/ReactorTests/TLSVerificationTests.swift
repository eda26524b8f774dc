import Reactor
import Testing

@Suite("TLS certificates, checked on both sides")
struct TLSVerificationTests {
    @Test(
        "Client certificates are required, optional or only asked for",
        arguments: [TLSClientValidation.Mode.require, .optional, .request], [nil, "client", "stranger"])
    func clients(_ mode: TLSClientValidation.Mode, _ certificate: String?) throws {
        let validation = TLSClientValidation(mode: mode, authorities: [try Fixture.text("ca.pem")])
        let pair = try TLSPair(
            try Fixture.server(validation: validation), try Fixture.client(certificate: certificate))
        pair.shake()
        let good = mode == .request || certificate == "client" || (certificate == nil && mode == .optional)
        #expect(pair.server.isEstablished == good)
        #expect(good || pair.serverAlert > 0)
        guard good else { return }
        #expect(pair.server.peer()?.isVerified == certificate.map { $0 == "client" })
        guard certificate == "client" else { return }
        let peer = try #require(pair.server.peer())
        #expect(peer.subject == "CN=client,O=Sluice")
        #expect(peer.dnsNames == ["client.example"] && peer.uris == ["spiffe://x/client"])
        #expect(peer.fingerprint.count == 64 && peer.pem.hasPrefix("-----BEGIN CERTIFICATE-----"))
    }

    @Test("A revoked client certificate is refused")
    func revoked() throws {
        let validation = TLSClientValidation(
            mode: .require, authorities: [try Fixture.text("ca.pem")],
            revocationLists: [try Fixture.text("revoked.pem")])
        let pair = try TLSPair(try Fixture.server(validation: validation), try Fixture.client(certificate: "client"))
        pair.shake()
        #expect(pair.serverRead == .failed)
        #expect(pair.server.verificationError == "certificate revoked")
    }

    @Test(
        "A server is verified by name, by address and by any of the names given",
        arguments: [
            ("127.0.0.1", [], true), ("127.0.0.2", [], false), ("zzz", [.uri("spiffe://x/a")], true),
            ("zzz", [.uri("spiffe://x/b"), .dns("q.w.example")], true), ("a.example", [.uri("spiffe://x/b")], false),
        ] as [(String, [TLSClientSettings.Name], Bool)])
    func servers(_ name: String, _ names: [TLSClientSettings.Name], _ good: Bool) throws {
        let pair = try TLSPair(try Fixture.server(), try Fixture.client(name, names: names), serverName: nil)
        pair.shake()
        #expect(pair.client.isEstablished == good)
    }

    @Test("A server of an unknown authority is refused, unless nothing is verified")
    func authorities() throws {
        let refused = try TLSPair(try Fixture.server(), try Fixture.client(authority: "stranger"))
        refused.shake()
        #expect(refused.clientRead == .failed && refused.client.verificationError != nil)
        let taken = try TLSPair(
            try Fixture.server(["stranger"]), try Fixture.client("other.example", verifies: false))
        taken.shake()
        #expect(taken.client.isEstablished)
    }

    @Test("A certificate that cannot serve is refused with a sentence")
    func refusals() throws {
        let good = try Fixture.text("ec.pem")
        for (chain, key, sentence) in [
            ("", "", "the certificate chain is empty"), (good, "", "the private key is empty"),
            (good, try Fixture.text("rsa.key"), "the private key does not match the certificate"),
            (good, "x", "the private key cannot be read"),
        ] {
            let settings = TLSServerSettings(certificates: [TLSCertificate(chain: chain, privateKey: key)])
            #expect(throws: TLSConfigurationError(sentence)) {
                try TLSServerContext(settings, tickets: TLSTicketKeys())
            }
        }
    }
}
