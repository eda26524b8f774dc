import GatewayModel
import Testing

@Suite("Listeners at the edge")
struct EdgeListenerTests {
    private func listener(_ document: JSON) throws -> Listener? {
        guard case .listener(let listener) = try Resource(kind: .listener, name: "x", document: document).spec else {
            return nil
        }
        return listener
    }

    @Test("https takes TLS 1.2 and HTTP/2 unless it says otherwise")
    func defaults() throws {
        let tls = try listener(["port": 443, "protocol": "https", "tls": ["certificates": ["a", "b"]]])?.tls
        #expect(tls?.certificates == ["a", "b"] && tls?.minVersion == .v12 && tls?.alpn == [.http2, .http11])
        #expect(tls?.clientValidation == nil)
    }

    @Test("Client validation requires and sanitizes unless it says otherwise")
    func validation() throws {
        let document: JSON = [
            "port": 443, "protocol": "https",
            "tls": ["certificates": ["a"], "clientValidation": ["ca": ["corp"]]],
        ]
        let validation = try listener(document)?.tls?.clientValidation
        #expect(validation?.mode == .require && validation?.forwarding == .sanitize)
        #expect(validation?.authorities == ["corp"] && validation?.revocationLists == [])
    }

    /// A listener of port 1, and its faults.
    private static let cases: [(JSON, [String])] = [
        (["protocol": "https"], ["/tls required"]),
        (["protocol": "htps", "tls": ["certificates": ["a"], "alpn": ["h2"]]], ["/protocol format"]),
        (["tls": ["certificates": ["a"]]], ["/tls conflict"]),
        (["protocol": "tcp", "tls": ["certificates": ["a"]]], ["/tls conflict"]),
        (["protocol": "tls"], []),
        (["protocol": "tls", "tls": ["certificates": ["a"]]], []),
        (["protocol": "tls", "tls": ["certificates": ["a"], "alpn": ["h2"]]], ["/tls/alpn conflict"]),
        (["protocol": "https", "tls": [:]], ["/tls/certificates required"]),
        (["protocol": "https", "tls": ["certificates": []]], ["/tls/certificates range"]),
        (["protocol": "https", "tls": ["certificates": ["a", "a"]]], ["/tls/certificates/1 duplicate"]),
        (["protocol": "https", "tls": ["certificates": ["a"], "minVersion": "1.1"]], ["/tls/minVersion format"]),
        (["protocol": "https", "tls": ["certificates": ["a"], "alpn": ["h3"]]], ["/tls/alpn/0 format"]),
        (
            ["protocol": "https", "tls": ["certificates": ["a"], "clientValidation": ["mode": "optional"]]],
            ["/tls/clientValidation/ca required"]
        ),
        (
            [
                "protocol": "https",
                "tls": ["certificates": ["a"], "clientValidation": ["ca": ["c"], "crl": ["x"], "forward": "all"]],
            ],
            ["/tls/clientValidation/crl/0 format", "/tls/clientValidation/forward format"]
        ),
        (["protocol": "tcp", "hostnames": ["a.example"]], ["/hostnames conflict"]),
        (
            ["protocol": "tls", "policies": ["p"], "healthCheck": ["path": "/h"]],
            ["/healthCheck conflict", "/policies conflict"]
        ),
        (["protocol": "tcp", "proxyProtocol": "required"], []),
        (["protocol": "tcp", "limits": ["maxConnections": 5, "handshakeTimeout": "1s"]], []),
        (["protocol": "tcp", "limits": ["bodyBytes": 5]], ["/limits/bodyBytes conflict"]),
        (["proxyProtocol": "on"], ["/proxyProtocol format"]),
        (["healthCheck": ["path": "/healthz"]], []),
        (["healthCheck": ["path": "healthz"]], ["/healthCheck/path format"]),
        (["healthCheck": [:]], ["/healthCheck/path required"]),
        (["http2": ["maxConcurrentStreams": 0]], ["/http2/maxConcurrentStreams range"]),
    ]

    @Test("What goes together and what does not", arguments: cases)
    func together(_ document: JSON, _ expected: [String]) {
        var object = document.objectValue ?? [:]
        object["port"] = 1
        #expect(faults(.listener, .object(object)) == expected)
    }

    /// What `clientAddress` says, and what that is; `nil`: it is refused.
    private static let sources: [(JSON, ClientAddressSource?)] = [
        ([:], .peer), (["source": "peer"], .peer),
        (["source": "x-forwarded-for", "trustedHops": 2], .trustedHops(2)),
        (["source": "x-forwarded-for", "trustedCIDRs": ["10.0.0.0/8", "::1"]], .trustedCIDRs(["10.0.0.0/8", "::1"])),
        (["source": "x-forwarded-for"], nil),
        (["source": "x-forwarded-for", "trustedHops": 1, "trustedCIDRs": ["::1"]], nil),
        (["source": "x-forwarded-for", "trustedCIDRs": ["10.0.0.0/33"]], nil),
        (["source": "x-forwarded-for", "trustedCIDRs": ["10.0.0.0/08"]], nil),
        (["source": "header", "header": "CF-Connecting-IP"], .header("cf-connecting-ip")),
        (["source": "header"], nil), (["source": "header", "header": "a b"], nil),
        (["source": "header", "header": "a_b"], nil), (["trustedHops": 1], nil), (["header": "x"], nil),
    ]

    @Test("Where the client's address stands is said in one way", arguments: sources)
    func addresses(_ document: JSON, _ expected: ClientAddressSource?) throws {
        let whole: JSON = ["port": 1, "clientAddress": document]
        if let expected {
            #expect(try listener(whole)?.clientAddress == expected)
        } else {
            #expect(!faults(.listener, whole).isEmpty)
        }
    }
}

@Suite("Upstreams with TLS")
struct UpstreamTLSTests {
    private func upstream(_ document: JSON) throws -> Upstream? {
        var object = document.objectValue ?? [:]
        object["endpoints"] = [["address": "::1", "port": 1]]
        guard case .upstream(let upstream) = try Resource(kind: .upstream, name: "x", document: .object(object)).spec
        else { return nil }
        return upstream
    }

    @Test("Plain unless it says otherwise; h2 and auto have TLS without saying so")
    func defaults() throws {
        #expect(try upstream([:])?.tls == nil && upstream(["protocol": "h2c"])?.tls == nil)
        for proto in ["h2", "auto"] {
            let tls = try upstream(["protocol": .string(proto)])?.tls
            #expect(tls?.authorities == [] && tls?.verifies == true && tls?.serverName == nil)
        }
        #expect(try upstream(["tls": [:]])?.tls?.verifies == true)
    }

    @Test("Every setting is read")
    func settings() throws {
        let tls = try upstream([
            "tls": [
                "ca": ["corp"], "serverName": "Orders.Internal", "clientCertificate": "gateway", "verify": true,
                "subjectAltNames": [["dns": "a.example"], ["uri": "spiffe://a/b"]],
            ]
        ])?.tls
        #expect(tls?.authorities == ["corp"] && tls?.clientCertificate == "gateway" && tls?.verifies == true)
        #expect(tls?.serverName == "orders.internal")
        #expect(tls?.subjectAltNames == [.dns("a.example"), .uri("spiffe://a/b")])
    }

    private static let cases: [(JSON, String)] = [
        (["protocol": "h2c", "tls": [:]], "/tls conflict"),
        (["tls": ["serverName": "*.example.com"]], "/tls/serverName format"),
        (["tls": ["serverName": "a b"]], "/tls/serverName format"),
        (["tls": ["subjectAltNames": [[:]]]], "/tls/subjectAltNames/0 required"),
        (["tls": ["subjectAltNames": [["dns": "a", "uri": "b"]]]], "/tls/subjectAltNames/0 required"),
        (["tls": ["ca": ["a", "a"]]], "/tls/ca/1 duplicate"),
        (["tls": ["verify": "no"]], "/tls/verify type"),
        (["tls": ["verify": false, "subjectAltNames": [["dns": "a.example"]]]], "/tls/subjectAltNames conflict"),
    ]

    @Test("What is refused", arguments: cases)
    func refused(_ document: JSON, _ expected: String) {
        var object = document.objectValue ?? [:]
        object["endpoints"] = [["address": "::1", "port": 1]]
        #expect(faults(.upstream, .object(object)).first == expected)
    }
}

@Suite("Certificates and traffic policies as documents")
struct CertificateDocumentTests {
    private static let chain: JSON = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    private static let key: JSON = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"
    private static let both: JSON = .string(
        (chain.stringValue ?? "") + (key.stringValue ?? ""))
    private static let locked: JSON =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n"

    private static let cases: [(JSON, [String])] = [
        (["certificate": chain, "privateKey": key], []),
        (["certificate": chain, "privateKey": key, "usage": "client"], []),
        (["certificate": chain, "usage": "ca"], []),
        (["certificate": chain], ["/privateKey required"]),
        (["privateKey": key], ["/certificate required"]),
        (["certificate": chain, "usage": "ca", "privateKey": key], ["/privateKey conflict"]),
        (["certificate": both, "privateKey": key], ["/certificate conflict"]),
        (["certificate": key, "privateKey": key], ["/certificate conflict"]),
        (["certificate": "text", "privateKey": key], ["/certificate format"]),
        (["certificate": chain, "privateKey": chain], ["/privateKey format"]),
        (["certificate": chain, "privateKey": locked], ["/privateKey format"]),
        (["certificate": chain, "privateKey": key, "ocspResponse": "AAA"], ["/ocspResponse format"]),
        (["certificate": chain, "privateKey": key, "ocspResponse": "AAAA"], []),
        (
            ["certificate": chain, "usage": "client", "privateKey": key, "ocspResponse": "AAAA"],
            ["/ocspResponse conflict"]
        ),
    ]

    @Test("What a certificate needs and what has no place in it", arguments: cases)
    func documents(_ document: JSON, _ expected: [String]) {
        #expect(faults(.certificate, document) == expected)
    }

    @Test("No fault shows anything of a key")
    func noLeak() {
        for document: JSON in [
            ["certificate": Self.chain, "privateKey": "c2VjcmV0IGtleQ=="],
            ["certificate": Self.chain, "privateKey": 5], ["certificate": Self.both],
        ] {
            do {
                _ = try Resource(kind: .certificate, name: "x", document: document)
                Issue.record("accepted")
            } catch {
                #expect(!error.description.contains("c2VjcmV0") && !error.description.contains("AA=="))
            }
        }
    }

    @Test("The key is left out of what is shown and nothing else is; info comes back and counts for nothing")
    func redacted() throws {
        let document: JSON = [
            "certificate": Self.chain, "privateKey": Self.key, "labels": ["a": "b"], "info": ["subject": "CN=x"],
        ]
        let resource = try Resource(kind: .certificate, name: "x", document: document)
        #expect(resource.redacted == ["name": "x", "labels": ["a": "b"], "certificate": Self.chain])
        #expect(resource.document["privateKey"] == Self.key && resource.document["info"] == nil)
        let upstream = try Resource(
            kind: .upstream, name: "u", document: ["endpoints": [["address": "::1", "port": 1]]])
        #expect(upstream.redacted == upstream.document)
    }

    @Test("A document on its way to a control plane may leave its key out")
    func missingSecrets() throws {
        let document: JSON = ["certificate": Self.chain]
        let resource = try Resource(
            kind: .certificate, name: "x", document: document, allowsMissingSecrets: true)
        #expect(resource.document == ["name": "x", "certificate": Self.chain])
    }

    private static let policies: [(JSON, [String])] = [
        (["type": "compression"], []),
        (
            [
                "type": "compression",
                "compression": ["algorithms": ["gzip"], "minBytes": "1Ki", "types": ["text/html"]],
            ], []
        ),
        ([:], ["/type required"]),
        (["type": "gzip"], ["/type format"]),
        (["type": "compression", "compression": ["algorithms": []]], ["/compression/algorithms range"]),
        (
            ["type": "compression", "compression": ["algorithms": ["br", "br"]]],
            ["/compression/algorithms/1 duplicate"]
        ),
        (["type": "compression", "compression": ["minBytes": -1]], ["/compression/minBytes range"]),
        (["type": "compression", "compression": ["types": ["text/html; charset=x"]]], ["/compression/types/0 format"]),
        (["type": "compression", "compression": ["level": 9]], ["/compression/level unknown-field"]),
    ]

    @Test("Traffic policies", arguments: policies)
    func trafficPolicies(_ document: JSON, _ expected: [String]) {
        #expect(faults(.trafficPolicy, document) == expected)
    }
}
