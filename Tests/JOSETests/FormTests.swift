import Foundation
import GatewayModel
import JOSE
import Testing

@Suite("The form of tokens")
struct FormTests {
    private static let good = #"{"iss":"https://id.example.com/realms/shop","aud":"orders","exp":1900000000}"#

    @Test("Three parts, no more and no fewer")
    func parts() throws {
        let parts = Fixture.token(.es256).split(separator: ".").map(String.init)
        let (header, payload, signature) = (parts[0], parts[1], parts[2])
        #expect(fault("\(header).\(payload).\(signature)".utf8) == nil)
        for text in [
            "", ".", "..", "...", header, "\(header).", "\(header).\(payload)", "\(header).\(payload).\(signature).",
            ".\(header).\(payload).\(signature)", "\(header).\(payload).\(signature).\(signature)",
            "\(header)..\(payload).\(signature)", ".\(payload).\(signature)", "\(header)..\(signature)",
            "\(header).\(payload).\(signature).\(signature).\(signature)", "\(header) .\(payload).\(signature)",
            " \(header).\(payload).\(signature)", "\(header).\(payload).\(signature)\n",
            "\(header).\(payload).\(signature)\0", "Bearer \(header).\(payload).\(signature)",
        ] {
            #expect(fault(text.utf8) == .malformed, "\(text)")
        }
    }

    @Test("Every length and every byte decodes as a plain base64url decoder has it")
    func lengths() throws {
        for count in 0..<200 {
            let name = String(repeating: "x", count: count)
            let payload = #"{"exp":1900000000,"iss":"\#(name)","sub":"a-_é\#(name)","aud":["orders","\#(name)"]}"#
            let claims = try claims(payload)
            #expect(claims.issuer == name)
            #expect(claims.subject == "a-_é" + name)
            #expect(claims.audiences == ["orders", name])
            #expect(claims.byteCount == payload.utf8.count)
        }
    }

    @Test("base64url has one form: padding, white space, the other alphabet and bits at the end are refused")
    func alphabet() throws {
        let token = Fixture.token(.es256)
        let parts = token.split(separator: ".").map(String.init)
        for index in 0..<3 {
            for change in [
                { $0 + "=" }, { $0 + "==" }, { $0 + "A" }, { "\n" + $0 }, { $0 + " " }, { $0.dropLast() + "+" },
                { $0.dropLast() + "/" }, { $0.dropLast() + "é" }, { $0.dropLast() + "%2D" },
                { $0.prefix(4) + "\r\n" + $0 },
                { $0.prefix(20) + "," + $0.dropFirst(21) },
            ] as [(String) -> String] {
                var changed = parts
                changed[index] = change(parts[index])
                #expect(fault(changed.joined(separator: ".").utf8, keys: try Fixture.keys()) != nil)
            }
        }
        // "QQ" is A; "QR" would be too, with a bit that belongs to nothing.
        let payload = FormTests.good + " "
        let text = base64URL(payload.utf8)
        #expect(text.utf8.count % 4 != 0)
        let header = base64URL(#"{"alg":"RS256"}"#.utf8)
        #expect(fault("\(header).\(text).AQ".utf8) == nil)
        #expect(fault("\(header).\(text).AR".utf8) == .malformed)
        #expect(fault("\(header).\(text).AQE".utf8) == nil)
        #expect(fault("\(header).\(text).AQF".utf8) == .malformed)
    }

    @Test("Only the 64 characters of the alphabet stand in a token")
    func everyByte() throws {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let start = Array("\(base64URL(#"{"alg":"RS256"}"#.utf8)).\(base64URL(FormTests.good.utf8)).".utf8)
        for byte in UInt8.min...UInt8.max {
            for place in [0, 7, 15, 16, 19] {
                var signature = [UInt8](repeating: UInt8(ascii: "A"), count: 20)
                signature[place] = byte
                #expect((fault(start + signature) == nil) == alphabet.contains(byte))
            }
        }
    }

    @Test("What is too large is refused before it is read")
    func sizes() throws {
        #expect(fault([UInt8](repeating: 0, count: UnverifiedToken.sizeLimit + 1)) == .tooLarge)
        #expect(fault([UInt8](repeating: UInt8(ascii: "A"), count: UnverifiedToken.sizeLimit)) == .malformed)
        let wide = #"{"alg":"RS256","kid":"\#(String(repeating: "k", count: 1100))"}"#
        #expect(fault(unsigned(wide, Self.good).utf8) == .tooLarge)
        let long =
            #"{"exp":1900000000,"iss":"\#(Fixture.issuer)","aud":"orders","x":"\#(String(repeating: "x", count: 5500))"}"#
        #expect(fault(unsigned(#"{"alg":"RS256"}"#, long).utf8) == nil)
    }

    @Test(
        "Header and payload are objects and nothing else",
        arguments: [
            "", " ", "null", "1", #""text""#, "[]", #"[{"exp":1900000000}]"#, "{", "}", "{}}", "{}{}",
            #"{"exp":1900000000"#,
            #"{"exp":1900000000,}"#, #"{,"exp":1}"#, #"{exp:1}"#, #"{'exp':1}"#, #"{"exp" 1}"#, #"{"exp":}"#,
            #"{"a":tru}"#,
            #"{"a":nul}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":+1}"#, #"{"a":-}"#, #"{"a":1e}"#,
            #"{"a":NaN}"#,
            #"{"a":Infinity}"#, #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"a":"\ud800"}"#, #"{"a":"\udc00\ud800"}"#,
            "{\"a\":\"\n\"}",
            "{\"a\":\"\0\"}", "{\"a\":1}\0", "\u{FEFF}{}", #"{"a":1} // no"#, #"{"a":[1,]}"#, #"{"a":[,1]}"#,
            #"{"a":[1 2]}"#,
            #"{"a":1e400}"#, #"{"a":-1e999}"#, #"{"a":"b}"#,
        ])
    func noObjects(text: String) throws {
        #expect(throws: TokenFault.malformed) { try claims(text) }
        let header = text.replacingOccurrences(of: "{\"", with: "{\"alg\":\"RS256\",\"")
        #expect(fault(unsigned(header, Self.good).utf8) == .malformed)
    }

    @Test(
        "Members that come twice are refused at any depth, however they are written",
        arguments: [
            #"{"exp":1,"exp":2}"#, #"{"exp":1,"e\u0078p":1}"#, #"{"a":{"b":1,"b":1}}"#, #"{"a":[{"b":1,"c":2,"b":1}]}"#,
            #"{"":1,"":1}"#, #"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}],"a":3}"#,
        ])
    func duplicates(payload: String) throws {
        #expect(throws: TokenFault.malformed) { try claims(payload) }
        _ = try claims(#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}],"A":3}"#)
    }

    @Test("The last of many members is held against the first, too")
    func manyMembers() throws {
        for count in [2, 12, 64, 95, 96, 97, 300] {
            let members = (0..<count).map { #""m\#($0)":\#($0)"# }.joined(separator: ",")
            #expect(try claims("{\(members)}").value(["m\(count - 1)"]) == .integer(Int64(count - 1)))
            #expect(throws: TokenFault.malformed) { try claims("{\(members),\"m0\":1}") }
            #expect(throws: TokenFault.malformed) { try claims("{\"a\":[{\(members),\"m\(count - 1)\":1}]}") }
        }
    }

    @Test("Nesting is bounded")
    func nesting() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            "{\"a\":" + String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth) + "}"
        }
        _ = try claims(nested(JSONReader.depthLimit - 1, "[", "]"))
        _ = try claims(nested(JSONReader.depthLimit - 1, "{\"a\":", "}"))
        for depth in [JSONReader.depthLimit, 500] {
            #expect(throws: TokenFault.malformed) { try claims(nested(depth, "[", "]")) }
            #expect(throws: TokenFault.malformed) { try claims(nested(depth, "{\"a\":", "}")) }
        }
    }

    @Test("Text that is not UTF-8 is refused")
    func encoding() throws {
        for bytes in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]] as [[UInt8]] {
            let payload = Array(#"{"iss":"joe","x":""#.utf8) + bytes + Array(#""}"#.utf8)
            let token = "\(base64URL(#"{"alg":"RS256"}"#.utf8)).\(base64URL(payload)).AQ"
            #expect(fault(token.utf8) == .malformed)
        }
        #expect(try claims(#"{"iss":"jöe 🂡"}"#).issuer == "jöe 🂡")
        #expect(try claims(#"{"iss":"j\u00f6e \ud83c\udca1"}"#).issuer == "jöe 🂡")
        #expect(try claims(#"{"\u0069ss":"https:\/\/a"}"#).issuer == "https://a")
    }
}
