import GatewayModel
import Testing

@testable import AdminAPI

@Suite("Differences by field")
struct FieldDiffTests {
    private static func diff(_ before: String, _ after: String, secrets: [String] = []) throws -> [String] {
        let (before, after) = (try JSON(parsing: before), try JSON(parsing: after))
        return FieldDiff.between(before, after, secretFields: secrets).map { $0.text() }
    }

    @Test("What is the same has no differences, whatever the order of its members")
    func same() throws {
        #expect(try Self.diff(#"{"a":1,"b":[1,{}]}"#, #"{"b":[1,{}],"a":1}"#) == [])
        #expect(FieldDiff.between(nil, nil) == [])
    }

    @Test("A field is added, removed or replaced, where it stands")
    func operations() throws {
        #expect(
            try Self.diff(#"{"a":1,"b":{"c":true}}"#, #"{"b":{"c":false},"d":null}"#) == [
                #"{"pointer":"/a","op":"remove","before":1}"#,
                #"{"pointer":"/b/c","op":"replace","before":true,"after":false}"#,
                #"{"pointer":"/d","op":"add","after":null}"#,
            ])
    }

    @Test("A value of another kind replaces the whole")
    func kinds() throws {
        #expect(
            try Self.diff(#"{"a":[1]}"#, #"{"a":{"0":1}}"#) == [
                #"{"pointer":"/a","op":"replace","before":[1],"after":{"0":1}}"#
            ])
    }

    @Test("Names are escaped as JSON Pointer asks for")
    func escapes() throws {
        #expect(
            try Self.diff(#"{"a/b~c":1,"":1}"#, #"{"a/b~c":2,"":2}"#) == [
                #"{"pointer":"/a~1b~0c","op":"replace","before":1,"after":2}"#,
                #"{"pointer":"/","op":"replace","before":1,"after":2}"#,
            ])
    }

    @Test("An element put in, taken out or changed is one difference, wherever in the list")
    func lists() throws {
        #expect(try Self.diff("[1,2,3]", "[1,9,2,3]") == [#"{"pointer":"/1","op":"add","after":9}"#])
        #expect(try Self.diff("[1,2,3]", "[9,1,2,3]") == [#"{"pointer":"/0","op":"add","after":9}"#])
        #expect(try Self.diff("[1,2,3]", "[1,2,3,9]") == [#"{"pointer":"/3","op":"add","after":9}"#])
        #expect(try Self.diff("[1,2,3]", "[1,3]") == [#"{"pointer":"/1","op":"remove","before":2}"#])
        #expect(try Self.diff("[1,1]", "[1,1,1]") == [#"{"pointer":"/2","op":"add","after":1}"#])
        #expect(try Self.diff("[1,2]", "[]").count == 2)
        #expect(
            try Self.diff(#"[{"w":90},{"w":10}]"#, #"[{"w":80},{"w":10}]"#) == [
                #"{"pointer":"/0/w","op":"replace","before":90,"after":80}"#
            ])
    }

    @Test("A document that comes or goes is one difference, at its root")
    func whole() throws {
        let document: JSON = ["a": 1]
        #expect(FieldDiff.between(nil, document).map { $0.text() } == [#"{"pointer":"","op":"add","after":{"a":1}}"#])
        #expect(
            FieldDiff.between(document, nil).map { $0.text() } == [#"{"pointer":"","op":"remove","before":{"a":1}}"#])
    }

    @Test("Secrets are never shown: not when they change, not when they come or go, not as part of the whole")
    func secrets() throws {
        let secrets = ["key"]
        let hidden = #""(secret)""#
        #expect(
            try Self.diff(#"{"key":"x","a":1}"#, #"{"key":"y","a":1}"#, secrets: secrets) == [
                #"{"pointer":"/key","op":"replace","before":\#(hidden),"after":\#(hidden)}"#
            ])
        #expect(try Self.diff(#"{"key":"x"}"#, #"{"key":"x"}"#, secrets: secrets) == [])
        #expect(
            try Self.diff("{}", #"{"key":"x"}"#, secrets: secrets) == [
                #"{"pointer":"/key","op":"add","after":\#(hidden)}"#
            ])
        let whole = FieldDiff.between(nil, ["key": "x", "a": 1], secretFields: secrets).map { $0.text() }
        #expect(whole == [#"{"pointer":"","op":"add","after":{"key":\#(hidden),"a":1}}"#])
        // A field of the same name further in is not the secret one.
        #expect(
            try Self.diff(#"{"a":{"key":"x"}}"#, #"{"a":{"key":"y"}}"#, secrets: secrets) == [
                #"{"pointer":"/a/key","op":"replace","before":"x","after":"y"}"#
            ])
    }
}
