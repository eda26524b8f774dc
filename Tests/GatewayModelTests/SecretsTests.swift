import GatewayModel
import Testing

@Suite("The member that secrets are kept in")
struct SecretsTests {
    @Test("The same secrets are the same text, and the text is read back")
    func text() {
        var secrets = Secrets(["/b": "2", "/a": "1"])
        #expect(secrets.text == #"{"/a":"1","/b":"2"}"#)
        #expect(Secrets(text: secrets.text) == secrets)
        secrets["/b"] = nil
        #expect(secrets.text == #"{"/a":"1"}"#)
    }

    @Test("What nobody writes is not read", arguments: ["", "x", "[]", "3", #"{"/a": 1}"#, #"{"/a": {}}"#])
    func malformed(text: String) {
        #expect(Secrets(text: text) == nil)
    }

    @Test("A settled consumer has its hashes; what reads show of it is dropped when it is written")
    func consumer() throws {
        let document: JSON = [
            "kind": "consumer", "name": "a", "apiKeys": [["id": "k1"]], "basic": ["username": "a"],
            "secrets": #"{"/apiKeys/k1":"h","/basic/password":"p"}"#, "info": ["fingerprints": [:]],
            "generated": ["apiKeys": [:]],
        ]
        let resource = try Resource(document: document)
        guard case .consumer(let consumer) = resource.spec else {
            Issue.record("not a consumer")
            return
        }
        #expect(consumer.apiKeys.map(\.hash) == ["h"])
        #expect(consumer.basic?.passwordHash == "p")
        #expect(resource.document["info"] == nil && resource.document["generated"] == nil)
        #expect(resource.redacted["secrets"] == nil)
    }
}
