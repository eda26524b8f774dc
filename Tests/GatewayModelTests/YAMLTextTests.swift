import Documents
import GatewayModel
import Testing

@Suite("YAML that is written")
struct YAMLTextTests {
    @Test(
        "is the same with and without the library",
        arguments: [
            #"{"kind":"route","name":"r","hostnames":["a.example.com"],"matches":[{"path":{"prefix":"/p/1"},"methods":["GET"]}]}"#,
            #"{"a":{"b":{"c":[{"d":[],"e":{}},[1,[2,{"f":true}]],null,1.5,-3,1e300]}},"g":[["x","y"],["z"]]}"#,
            #"{"a":[{}],"b":[[]],"c":[[[1]],{"d":[{"e":1,"f":[1]}]}]}"#, #"{}"#, #"[1]"#, #"{"a":"x y"}"#,
            #"{"a":"yes"}"#,
            #"{"a":"1"}"#, #"{"yes":"no"}"#, #"{"a b":1}"#, #"{"a":"NULL","b":"x\ny"}"#,
            #"{"a":"/","b":"a-","c":"a.b","d":"a_"}"#,
        ])
    func library(text: String) throws {
        let json = try JSON(parsing: text)
        #expect(yamlText(json) == libraryText(json))
        #expect(try parseDocuments(yamlText(json), yaml: true).first?.json == json || json == [1])
    }

    @Test(
        "reads back as the same strings",
        arguments: [
            "yes", "1", "1.0", "0x10", "null", "~", "", "a: b", "- a", "#", "'", "\"", "\\", "a\nb", "a\n", "\n",
            "tab\t", " x ", "ä", "{",
            "*a", "&a", "!t", "|", ">", "%", "@", "`", "\u{85}", "\u{2028}", "1e3", "=", "<<", "a\r\nb", "a\rb",
            "\u{7F}",
            "\u{0}", "several\nlines\n\n  and spaces ", "---", "...", "-", "?", ":", "a #b", "a:", "\u{1F600}",
            "2026-01-01", "x\n ",
        ])
    func strings(text: String) throws {
        for json: JSON in [["a": .string(text)], ["a": [.string(text)]], ["a": ["b": .string(text), "c": 1]]] {
            #expect(try parseDocuments(yamlText(json), yaml: true).map(\.json) == [json])
        }
    }
}
