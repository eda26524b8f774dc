import GatewayModel
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "What RFC 8259 allows is read",
        arguments: [
            ("null", JSON.null), (" [1, 2 ,-3]\n", [1, 2, -3]), ("{\"a\":{\"b\":[]}}", ["a": ["b": []]]),
            ("\"\\u00e9\\n\\/\\ud83d\\ude00\"", "é\n/😀"), ("1.5e2", .double(150)), ("-0", .integer(0)),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("\"\"", ""), ("true", true),
        ])
    func accepted(_ text: String, _ expected: JSON) throws {
        #expect(try JSON(parsing: text) == expected)
    }

    @Test(
        "Everything else is refused",
        arguments: [
            "", " ", "nul", "tru", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-", "1.", ".5", "1e",
            "+1",
            "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a", "\"\t\"", "[1]]",
            "{} {}",
            "{\"a\":1,\"a\":2}", "'a'", "NaN", "Infinity", "1e999", "[", "{", "\u{feff}1", "/*x*/1",
        ])
    func refused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]])
    func badUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test("Nesting is bounded")
    func depth() throws {
        let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        _ = try JSON(parsing: deep(64))
        #expect(throws: JSONError.self) { try JSON(parsing: deep(65)) }
        #expect(throws: JSONError.self) { try JSON(parsing: deep(100_000)) }
    }

    @Test("Duplicate members are found in large objects too")
    func manyMembers() throws {
        let members = (0..<100).map { "\"m\($0)\":\($0)" }
        _ = try JSON(parsing: "{\(members.joined(separator: ","))}")
        #expect(throws: JSONError.self) { try JSON(parsing: "{\((members + ["\"m50\":0"]).joined(separator: ","))}") }
    }

    @Test("Every prefix of a document is refused")
    func prefixes() {
        let text = Array("{\"a\":[1,true,null,\"x\\n\"],\"b\":{\"c\":-1.5}}".utf8)
        for count in 0..<text.count {
            #expect(throws: JSONError.self) { try JSON(parsing: Array(text[..<count])) }
        }
    }

    @Test("The canonical form sorts members and comes back the same")
    func canonical() throws {
        let value: JSON = ["b": 1, "a": ["y": "\u{1}\"\\", "x": nil], "é": 1.5]
        #expect(value.text(.canonical) == #"{"a":{"x":null,"y":"\u0001\"\\"},"b":1,"é":1.5}"#)
        #expect(try JSON(parsing: value.text(.canonical)) == value)
        #expect(try JSON(parsing: value.text(.pretty)) == value)
    }
}
