import GatewayModel
import Testing

@Suite("JSON")
struct JSONTests {
    private static let allowed: [(String, JSON)] = [
        ("null", .null), (" [1, 2 ,-3]\n", [1, 2, -3]), (#"{"a":{"b":[]}}"#, ["a": ["b": []]]), ("\t{ }\r\n", [:]),
        (#""\u00e9\n\/\ud83d\ude00""#, "é\n/😀"), (#""\b\f\r\t\"\\\u0000""#, "\u{8}\u{c}\r\t\"\\\0"), (#""""#, ""),
        (#""\uD7FF\uE000\uFFFF\uDBFF\uDFFF""#, "\u{D7FF}\u{E000}\u{FFFF}\u{10FFFF}"), ("\"\u{7F}é漢😀\"", "\u{7F}é漢😀"),
        ("0", 0), ("-0", 0), ("1.5e2", .double(150)), ("1E+2", .double(100)), ("-1.25", .double(-1.25)),
        ("1e-400", .double(0)), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("true", true), ("false", false),
        ("-9223372036854775809", .double(-9_223_372_036_854_775_808)),
        ("123456789012345678901234567890", .double(1.2345678901234568e29)),
    ]

    @Test("What RFC 8259 allows is read", arguments: allowed)
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
            "{\"a\":1,\"a\":2}", "'a'", "NaN", "Infinity", "1e999", "-1e999", "00", "-01", "--1", "1e+", "1.e1", "0x1",
            "[,1]", "[1,,2]", "{,}", "{\"a\":}",
            "{\"a\":1 \"b\":2}", "{1:2}", "{\"a\":{\"b\":1,\"b\":2}}", "{\"a\":1,\"\\u0061\":2}", "\"\\ud83d\"", "]",
            "}",
            "\"\\ud83d\\n\"", "\"\\ud83dx\"", "\"\\udc00\\ud83d\"", "\"\\u 041\"", "\"\\", "\"\\u", "\u{00A0}1", "1 2",
            "null,", "True",
            "\"\u{0}\"", "\u{0}", "1\u{0}", "[", "{", "\u{feff}1", "/*x*/1",
        ])
    func refused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC3, 0x22],
            [0x22, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], [0xFF],
            [0xEF, 0xBB, 0xBF, 0x31],
        ])
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

    @Test("Objects nest as deep as arrays, and text after them is looked at")
    func objectDepth() throws {
        let deep = { (levels: Int) in
            String(repeating: #"{"a":"#, count: levels) + "1" + String(repeating: "}", count: levels)
        }
        _ = try JSON(parsing: deep(64))
        #expect(throws: JSONError.self) { try JSON(parsing: deep(65)) }
        #expect(throws: JSONError.self) { try JSON(parsing: deep(64) + "}") }
    }

    @Test(
        "An error says where",
        arguments: [("[1,x]", 3), ("{\"a\":1,}", 7), ("", 0), ("[1", 2), ("tru", 0), ("\"a\tb\"", 2), ("[1e999]", 1)])
    func offsets(_ text: String, _ offset: Int) {
        #expect { try JSON(parsing: text) } throws: { ($0 as? JSONError)?.offset == offset }
    }

    @Test("A reader walks a text without the tree of the whole")
    func walking() throws {
        var names: [String] = []
        try Array(#" {"a": [1, {"b": 2}], "c": [ ], "d": null} "#.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            try reader.openObject()
            var isFirst = true
            while let name = try reader.nextMember(&isFirst) {
                guard name == "a" else {
                    names.append("\(name) \(try reader.value())")
                    continue
                }
                try reader.openArray()
                var isFirstElement = true
                while try reader.nextElement(&isFirstElement) { names.append("\(name) \(try reader.value())") }
            }
            try reader.end()
        }
        #expect(names == ["a 1", #"a {"b":2}"#, "c []", "d null"])
    }

    @Test("What is written is read back the same, in every style")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let value = JSON.random(&random, depth: 4)
            for style in [JSONStyle.compact, .canonical, .pretty] {
                #expect(try JSON(parsing: value.encoded(style)) == value)
            }
        }
    }

    @Test("Bytes changed at random are read or refused, never worse, and what is read is written the same")
    func mutations() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<5000 {
            var bytes = JSON.random(&random, depth: 3).encoded()
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let value = try? JSON(parsing: bytes) else { continue }
            #expect((try? JSON(parsing: value.encoded())) == value)
        }
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
