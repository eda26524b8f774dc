import GatewayModel
import Testing

@Suite("The canonical form of a text")
struct CanonicalTextTests {
    @Test(
        "is that of its value",
        arguments: [
            #"{}"#, #"[]"#, #"null"#, #"-1.5"#, #""text""#, #"{"a":1}"#, #"{"b":1,"a":2}"#,
            #"[{"b":[],"a":{}},true,[1,2]]"#,
            #"{"name":"x","hostnames":["h"],"matches":[{"path":{"prefix":"/a"},"headers":[{"name":"n","exact":"e"}]}]}"#,
            #"{"z":{"y":{"x":1,"w":[{"b":"}","a":"{"}]},"c":"\"],"},"a":"\\"}"#,
            #"{"\n":1,"\t":2,"a\"":3,"a":4,"ä":5}"#,
            #"{"c":1e300,"b":0.1,"a":9007199254740993}"#,
        ])
    func sameAsValue(text: String) throws {
        let value = try JSON(parsing: text)
        var writer = JSONWriter()
        writer.writeCanonical(value.encoded())
        #expect(String(decoding: writer.bytes, as: UTF8.self) == value.text(.canonical))
    }

    @Test("of a text that breaks off is some text")
    func brokenText() {
        let text = Array(#"{"b":[1,{"\u00e4":"x"}],"a":null}"#.utf8)
        for count in text.indices {
            var writer = JSONWriter()
            writer.writeCanonical(Array(text[..<count]))
            #expect(writer.bytes.count < 2 * text.count)
        }
    }
}
