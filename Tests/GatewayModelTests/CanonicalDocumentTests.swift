import GatewayModel
import Testing

@Suite("The canonical form of a document")
struct CanonicalDocumentTests {
    private static func canonical(_ text: String) throws -> JSON {
        try Resource(document: JSON(parsing: text), allowsMissingSecrets: true).canonical
    }

    @Test(
        "leaves out what says nothing",
        arguments: [
            (
                #"{"kind":"listener","name":"web","address":"0.0.0.0","port":80,"protocol":"http","hostnames":[],"limits":{}}"#,
                #"{"kind":"listener","name":"web","port":80}"#
            ),
            (
                #"{"kind":"route","name":"r","labels":{},"matches":[{"path":{"prefix":"/"}}],"inherit":true,"#
                    + #""forward":[{"upstream":"u","weight":1}],"timeouts":{"request":"15s","idle":"5m"}}"#,
                #"{"kind":"route","name":"r","forward":[{"upstream":"u"}]}"#
            ),
            (
                #"{"kind":"route","name":"r","forward":[{"upstream":"u","weight":2}],"timeouts":{"request":"15s","idle":"6m"}}"#,
                #"{"kind":"route","name":"r","forward":[{"upstream":"u","weight":2}],"timeouts":{"idle":"6m"}}"#
            ),
            (
                #"{"kind":"route","name":"r","forward":[{"upstream":"u"}],"retry":{"backoff":{"max":"250ms","base":"25ms"}}}"#,
                #"{"kind":"route","name":"r","forward":[{"upstream":"u"}],"retry":{}}"#
            ),
            (
                #"{"kind":"route","name":"r","forward":[{"upstream":"u"}],"sticky":{"by":"cookie","name":"sluice-split-r"}}"#,
                #"{"kind":"route","name":"r","forward":[{"upstream":"u"}],"sticky":{"by":"cookie"}}"#
            ),
            (
                #"{"kind":"upstream","name":"u","endpoints":[{"port":1,"address":"127.0.0.1","weight":1,"backup":false},"#
                    + #"{"address":"127.0.0.2","port":1,"weight":3}]}"#,
                #"{"kind":"upstream","name":"u","endpoints":[{"address":"127.0.0.1","port":1},"#
                    + #"{"address":"127.0.0.2","port":1,"weight":3}]}"#
            ),
            (
                #"{"kind":"traffic-policy","name":"p","type":"compression","compression":{"minBytes":"1Ki"}}"#,
                #"{"kind":"traffic-policy","name":"p","type":"compression"}"#
            ),
        ])
    func defaults(text: String, shortest: String) throws {
        let canonical = try Self.canonical(text)
        #expect(canonical.text() == shortest)
        #expect(try Self.canonical(canonical.text()).text() == canonical.text())
    }

    @Test("has no secrets")
    func secrets() throws {
        let text = #"""
            {"kind":"certificate","name":"c","certificate":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "privateKey":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n","usage":"server"}
            """#
        let members = try Self.canonical(text).objectValue?.members.map(\.name)
        #expect(members == ["kind", "name", "certificate"])
    }

    @Test("keeps what only seems to be a default: the value counts beside the others")
    func context() throws {
        let text =
            #"{"kind":"route","name":"r","forward":[{"upstream":"u"}],"retry":{"backoff":{"base":"1s","max":"10s"}}}"#
        #expect(
            try Self.canonical(text).text()
                == #"{"kind":"route","name":"r","forward":[{"upstream":"u"}],"retry":{"backoff":{"base":"1s"}}}"#)
    }

    @Test("is found element by element in a long list")
    func longLists() throws {
        let endpoints = (0..<500).map { #"{"address":"10.0.\#($0 / 250).\#($0 % 250)","port":1,"weight":1}"# }
        let text = #"{"kind":"upstream","name":"u","endpoints":[\#(endpoints.joined(separator: ","))]}"#
        let canonical = try Self.canonical(text)
        #expect(canonical["endpoints"]?.arrayValue?.allSatisfy { $0["weight"] == nil } == true)
    }
}
