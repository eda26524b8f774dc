import Certificates
import GatewayModel
import Testing

@Suite("A look into certificates")
struct DeepCheckTests {
    /// 2026-01-01.
    private static let now: Int64 = 1_767_225_600

    private static func faults(_ document: JSON, at now: Int64 = now) throws -> [String] {
        let resource = try Resource(kind: .certificate, name: "x", document: document, allowsMissingSecrets: true)
        return resource.certificateFaults(at: now).map { "\($0.pointer) \($0.code) \($0.detail)" }
    }

    private static func chain(_ texts: String...) -> JSON { ["certificate": .string(texts.joined())] }

    @Test("A chain in order is good, with its root and without")
    func order() throws {
        let (leaf, middle, root) = (Sample.leaf, Sample.intermediate, Sample.root)
        for chain in [Self.chain(leaf), Self.chain(leaf, middle), Self.chain(leaf, middle, root), Self.chain(root)] {
            #expect(try Self.faults(chain).isEmpty)
        }
        let gap = try Self.faults(Self.chain(leaf, root))
        #expect(gap == ["/certificate conflict certificate 1 (CN=shop.example) is not issued by the one behind it"])
        #expect(try Self.faults(Self.chain(middle, leaf)).count == 1)
        #expect(
            try Self.faults(Self.chain(leaf, middle, leaf)).first?.contains("certificate 2 (CN=intermediate)") == true)
    }

    @Test("Dates hold from their first second to their last")
    func dates() throws {
        let (first, last): (Int64, Int64) = (1_704_067_200, 4_039_372_800)
        for now in [first, last] { #expect(try Self.faults(Self.chain(Sample.leaf), at: now).isEmpty) }
        #expect(
            try Self.faults(Self.chain(Sample.leaf), at: first - 1) == [
                "/certificate range certificate 1 (CN=shop.example) is not valid before 2024-01-01T00:00:00Z"
            ])
        #expect(
            try Self.faults(Self.chain(Sample.leaf, Sample.intermediate), at: last + 1) == [
                "/certificate range certificate 1 (CN=shop.example) has expired at 2098-01-01T00:00:00Z",
                "/certificate range certificate 2 (CN=intermediate) has expired at 2098-01-01T00:00:00Z",
            ])
    }

    @Test("An authority says CA:TRUE, in any order and number")
    func authorities() throws {
        func faults(_ text: String) throws -> [String] {
            try Self.faults(["usage": "ca", "certificate": .string(text)])
        }
        #expect(try faults(Sample.root + Sample.intermediate).isEmpty)
        #expect(
            try faults(Sample.root + Sample.leaf) == [
                "/certificate conflict certificate 2 (CN=shop.example) is no authority: it does not say CA:TRUE"
            ])
    }

    @Test("What cannot be read is refused, wherever it was cut or altered")
    func unreadable() throws {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        for text in [broken, Sample.leaf + broken] {
            #expect(try Self.faults(Self.chain(text)) == ["/certificate format a certificate in it cannot be read"])
        }
    }

    @Test("Altered bytes give faults or none, and never more than that")
    func altered() throws {
        let whole = Array((Sample.leaf + Sample.intermediate).utf8)
        for offset in stride(from: 30, to: whole.count - 60, by: 3) {
            var bytes = whole
            bytes[offset] = bytes[offset] == 0x41 ? 0x42 : 0x41
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.contains("-----BEGIN CERTIFICATE-----"), text.contains("-----END CERTIFICATE-----") else {
                continue
            }
            _ = try Self.faults(["certificate": .string(text), "ocspResponse": "MIIBAAoBAKCB"])
            _ = CertificateSummary(pem: text)
        }
    }

    @Test("Revocation lists of a listener are read")
    func revocations() throws {
        let lists: JSON = [
            .string(Sample.revocations), "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        ]
        let document: JSON = [
            "port": 1, "protocol": "https",
            "tls": ["certificates": ["a"], "clientValidation": ["ca": ["b"], "crl": lists]],
        ]
        let faults = try Resource(kind: .listener, name: "x", document: document).certificateFaults(at: Self.now)
        #expect(faults.map(\.pointer) == ["/tls/clientValidation/crl/1"])
    }

    @Test("A summary says what the first certificate says")
    func summary() throws {
        let summary = try #require(CertificateSummary(pem: Sample.leaf + Sample.intermediate))
        #expect(summary.subject == "CN=shop.example" && summary.issuer == "CN=intermediate" && summary.count == 2)
        #expect(summary.names == ["shop.example", "127.0.0.1"] && summary.keyType == "ecdsa-prime256v1")
        #expect(summary.json["notBefore"] == "2024-01-01T00:00:00Z" && summary.fingerprint.utf8.count == 71)
        #expect(CertificateSummary(pem: "") == nil && CertificateSummary(pem: "text") == nil)
    }

    @Test(
        "Moments in RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (1_767_225_661, "2026-01-01T00:01:01Z"),
            (.max, ""), (.min, ""),
        ] as [(Int64, String)])
    func moments(_ seconds: Int64, _ text: String) {
        #expect(internetDate(seconds) == text)
    }
}
