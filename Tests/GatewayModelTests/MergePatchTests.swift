import GatewayModel
import Testing

@Suite("A merge patch")
struct MergePatchTests {
    @Test(
        "does what the examples of RFC 7396 say",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
            (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
            (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"),
            (#"{"a":"foo"}"#, #""bar""#, #""bar""#), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
            ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ])
    func examples(target: String, patch: String, result: String) throws {
        #expect(try JSON(parsing: target).merging(JSON(parsing: patch)) == JSON(parsing: result))
    }

    @Test("made of the difference of two documents leads from one to the other", arguments: 0..<500)
    func differences(seed: UInt64) {
        var random = SeededRandom(seed)
        let (old, new) = (random.document(depth: 3), random.document(depth: 3))
        #expect(old.merging(old.mergePatch(to: new)) == new)
        #expect(old.mergePatch(to: old) == [:])
    }
}

/// The same values for the same seed.
private struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed &+ 1 }

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ (self.state >> 29)
    }

    /// An object; no member is `null`, which a patch could not make.
    mutating func document(depth: Int) -> JSON {
        var members = JSONObject()
        for name in ["a", "b", "c", "/", "~"] where Bool.random(using: &self) {
            members[name] = self.value(depth: depth)
        }
        return .object(members)
    }

    private mutating func value(depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 5 : 3), using: &self) {
        case 0: .integer(Int64.random(in: 0..<3, using: &self))
        case 1: .bool(Bool.random(using: &self))
        case 2: .string(["", "x", "null"].randomElement(using: &self) ?? "")
        case 3: .array([self.value(depth: depth - 1)])
        default: self.document(depth: depth - 1)
        }
    }
}
