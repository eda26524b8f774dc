import GatewayModel
import Testing

@Suite("What is the same")
struct EquivalenceTests {
    private static func upstream(_ members: JSONObject) throws -> Resource {
        var document: JSONObject = ["endpoints": [["address": "127.0.0.1", "port": 1]]]
        for member in members.members { document[member.name] = member.value }
        return try Resource(kind: .upstream, name: "x", document: .object(document))
    }

    @Test(
        "Defaults and nulls that are spelled out say nothing",
        arguments: [
            ["protocol": "http1"], ["labels": [:]], ["description": nil], ["timeouts": ["connect": "5s"]],
            ["endpoints": [["port": 1, "address": "127.0.0.1", "weight": 1]]],
        ] as [JSONObject])
    func same(_ members: JSONObject) throws {
        #expect(try Self.upstream([:]).isEquivalent(to: Self.upstream(members)))
    }

    @Test(
        "Everything else does",
        arguments: [
            ["protocol": "h2c"], ["labels": ["a": "b"]], ["description": ""], ["timeouts": ["connect": "6s"]],
            ["endpoints": [["address": "127.0.0.1", "port": 1, "weight": 2]]],
        ] as [JSONObject])
    func other(_ members: JSONObject) throws {
        #expect(try !Self.upstream([:]).isEquivalent(to: Self.upstream(members)))
    }

    @Test("Texts that Unicode calls equivalent are different bytes on the wire, and so are the resources")
    func spelling() throws {
        for field in ["description", "labels"] {
            let texts = ["\u{E9}", "e\u{301}"].map { field == "labels" ? JSON.object(["a": .string($0)]) : .string($0) }
            let resources = try texts.map { try Self.upstream(JSONObject().setting(field, $0)) }
            #expect(!resources[0].isEquivalent(to: resources[1]))
            #expect(try resources[0].isEquivalent(to: Self.upstream(JSONObject().setting(field, texts[0]))))
        }
        let spelled: JSONObject = ["description": "\u{E9}", "protocol": "http1"]
        #expect(try Self.upstream(["description": "\u{E9}"]).isEquivalent(to: Self.upstream(spelled)))
    }
}

extension JSONObject {
    fileprivate func setting(_ name: String, _ value: JSON) -> JSONObject {
        var object = self
        object[name] = value
        return object
    }
}
