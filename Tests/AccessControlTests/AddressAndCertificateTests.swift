import AccessControl
import GatewayModel
import Testing

@Suite("Addresses and certificates")
struct AddressAndCertificateTests {
    private static let addresses: [(JSON, String, String)] = [
        (["allow": ["192.0.2.0/24"]], "192.0.2.7", "pass"),
        (["allow": ["192.0.2.0/24"]], "192.0.3.7", "address-denied"),
        (["allow": ["192.0.2.0/24"], "deny": ["192.0.2.7"]], "192.0.2.7", "address-denied"),
        (["allow": ["192.0.2.0/24"], "deny": ["192.0.2.7"]], "192.0.2.8", "pass"),
        (["deny": ["2001:db8::/32"]], "2001:db8::1", "address-denied"),
        (["deny": ["2001:db8::/32"]], "192.0.2.1", "pass"),
        // One client has one value, however its address was written.
        (["deny": ["192.0.2.1"]], "::ffff:192.0.2.1", "address-denied"),
        (["allow": ["::/0"]], "192.0.2.1", "address-denied"),
    ]

    @Test("What denies wins, and a list of those who may keeps all others out", arguments: addresses)
    func address(_ settings: JSON, _ client: String, _ expected: String) throws {
        #expect(try TestAccess("ip", settings).outcome(TestRequest(client: client)) == expected)
    }

    private static let shown = CertificateNames(
        subject: "CN=ci,O=Example", dnsNames: ["other.example", "CI.example"], uris: ["spiffe://x/ci"],
        fingerprint: "ab01")

    private static let patterns: [(JSON, String)] = [
        (["subjects": ["CN=ci,O=Example"]], "pass"),
        (["subjects": ["CN=ci"]], "certificate-denied"),
        (["subjects": ["CN=*,O=Example"]], "pass"),
        (["subjects": ["CN=ci,O=Example*Example"]], "certificate-denied"),
        (["dnsNames": ["ci.example"]], "pass"),
        (["dnsNames": ["*.org"]], "certificate-denied"),
        (["uris": ["spiffe://x/*"]], "pass"),
        (["uris": ["SPIFFE://x/*"]], "certificate-denied"),
        (["fingerprints": ["AB:01"]], "pass"),
        (["fingerprints": ["AB:02"], "uris": ["*"]], "pass"),
    ]

    @Test("A name of any list will do", arguments: patterns)
    func certificate(_ settings: JSON, _ expected: String) throws {
        let request = TestRequest(certificate: Self.shown)
        #expect(try TestAccess("mtls", settings).outcome(request) == expected)
    }

    @Test("Without a certificate that was verified nobody passes")
    func missing() throws {
        let access = try TestAccess("mtls", ["subjects": ["*"]])
        #expect(try access.outcome(TestRequest()) == "certificate-required")
        // A name in a field is none in a certificate.
        let spoofed = TestRequest("GET", "/", [("X-Client-Cert-Subject", "CN=ci,O=Example")])
        #expect(try access.outcome(spoofed) == "certificate-required")
    }

    @Test("Backends are told the names; of several the one that was taken")
    func forward() throws {
        let access = try TestAccess(
            "mtls",
            [
                "dnsNames": ["ci.*"],
                "forward": ["subject": "X-Subject", "dnsName": "X-Name", "uri": "X-URI", "fingerprint": "X-Print"],
            ])
        let findings = AccessFindings()
        #expect(try access.outcome(TestRequest(certificate: Self.shown), findings) == "pass")
        #expect(
            findings.text
                == "X-Subject: CN=ci,O=Example\r\nX-Print: ab01\r\nX-Name: CI.example\r\nX-URI: spiffe://x/ci\r\n")
        #expect(access.resources.reservedFields == ["x-subject", "x-name", "x-uri", "x-print"])
    }

    @Test(
        "A name that would break a line, or be read as another, is not told",
        arguments: ["CN=a\r\nX-Admin: yes", "CN=a\u{0}", "CN=a\u{85}b", " CN=a", "CN=a ", "", "CN=a\u{7F}", "CN=\u{9}"])
    func unwritable(_ subject: String) throws {
        let access = try TestAccess("mtls", ["uris": ["*"], "forward": ["subject": "X-Subject"]])
        let certificate = CertificateNames(subject: subject, dnsNames: [], uris: ["spiffe://x"], fingerprint: "")
        let findings = AccessFindings()
        #expect(try access.outcome(TestRequest(certificate: certificate), findings) == "pass")
        #expect(findings.lines.isEmpty)
    }

    @Test("Texts are compared by bytes")
    func bytes() {
        // The first is one scalar, the second two; they look the same.
        #expect(!TextPattern("CN=\u{E9}").matches("CN=e\u{301}"))
        #expect(!TextPattern("CN=K").matches("CN=\u{212A}"))
        #expect(TextPattern("a*e").matches("abe\u{301}e"))
        #expect(TextPattern("*e*").matches("e\u{301}"))
        #expect(!TextPattern("ab*ba").matches("aba"))
    }
}
