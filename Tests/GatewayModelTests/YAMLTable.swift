import Documents
import GatewayModel
import Testing

/// Texts that somebody will send as YAML sooner or later, with what has to come of them.
enum YAMLTable {
    /// What is read, and as what.
    struct Reading: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let documents: [JSON]

        init(_ name: String, _ text: String, _ documents: JSON...) {
            self.name = name
            self.text = text
            self.documents = documents
        }

        var testDescription: String { self.name }
    }

    /// What is refused, and where.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let document: Int
        let line: Int

        init(_ name: String, _ text: String, document: Int = 0, line: Int = 1) {
            self.name = name
            self.text = text
            self.document = document
            self.line = line
        }

        var testDescription: String { self.name }
    }

    static let readings: [Reading] = [
        // Streams.
        Reading("nothing", ""), Reading("a comment alone", "# nothing\n"), Reading("only marks", "---\n---\n...\n"),
        Reading("a null alone", "~\n"), Reading("one document", "a: 1\n", ["a": 1]),
        Reading("no line end", "a: 1", ["a": 1]), Reading("two documents", "a: 1\n---\nb: 2\n", ["a": 1], ["b": 2]),
        Reading("a mark in front", "---\na: 1\n", ["a": 1]), Reading("an end", "a: 1\n...\n", ["a": 1]),
        Reading("ends between", "a: 1\n...\n---\nb: 2\n...\n", ["a": 1], ["b": 2]),
        Reading("empty documents between", "a: 1\n---\n---\n# x\n---\nb: 2\n", ["a": 1], ["b": 2]),
        Reading("a document on the line of its mark", "--- {a: 1}\n--- {b: 2}\n", ["a": 1], ["b": 2]),
        Reading("a directive", "%YAML 1.2\n---\na: 1\n", ["a": 1]),
        Reading("a directive of 1.1", "%YAML 1.1\n---\na: yes\n", ["a": "yes"]),
        Reading("a byte order mark", "\u{FEFF}a: 1\n", ["a": 1]),
        Reading("line ends of Windows", "a: 1\r\nb: 2\r\n", ["a": 1, "b": 2]),
        Reading("a list of documents", "- {a: 1}\n- {b: 2}\n", ["a": 1], ["b": 2]),
        Reading("JSON", #"{"a": [1, "b", null]}"#, ["a": [1, "b", nil]]),
        Reading("a mark inside a text", "a: |\n  ---\n  b\n", ["a": "---\nb\n"]),
        // Numbers and other words of the core schema.
        Reading("octal", "a: 0o17\n", ["a": 15]), Reading("hexadecimal", "a: 0x1F\n", ["a": 31]),
        Reading("a leading zero is decimal", "a: 0123\n", ["a": 123]), Reading("a plus", "a: +5\n", ["a": 5]),
        Reading("binary is text", "a: 0b11\n", ["a": "0b11"]),
        Reading("underscores are text", "a: 1_000\n", ["a": "1_000"]),
        Reading("sexagesimal is text", "a: 1:30\n", ["a": "1:30"]),
        Reading("a version is text", "a: 1.2.3\n", ["a": "1.2.3"]),
        Reading("a float", "a: 1.5\n", ["a": 1.5]), Reading("a float without digits in front", "a: .5\n", ["a": 0.5]),
        Reading("an exponent", "a: 1e3\n", ["a": .double(1000)]),
        Reading("not a number is text", "a: .nan\n", ["a": ".nan"]),
        Reading("infinity is text", "a: [.inf, -.inf]\n", ["a": [".inf", "-.inf"]]),
        Reading("beyond doubles is text", "a: 1e999\n", ["a": "1e999"]),
        Reading("beyond integers is a double", "a: 9223372036854775808\n", ["a": .double(9_223_372_036_854_775_808)]),
        Reading("a date is text", "a: 2026-01-02\n", ["a": "2026-01-02"]),
        Reading("a time is text", "a: 2026-01-02T03:04:05Z\n", ["a": "2026-01-02T03:04:05Z"]),
        Reading("Norway", "a: [no, NO, off, y, on]\n", ["a": ["no", "NO", "off", "y", "on"]]),
        Reading("true in three cases", "a: [true, True, TRUE, tRUE]\n", ["a": [true, true, true, "tRUE"]]),
        Reading(
            "null in many cases", "a: [null, Null, NULL, ~, nULL]\nb:\n",
            ["a": [nil, nil, nil, nil, "nULL"], "b": nil]),
        Reading("quoted words are text", "a: ['1', \"true\", 'null', '']\n", ["a": ["1", "true", "null", ""]]),
        Reading("a plus alone", "a: ['+', '-', +, .]\n", ["a": ["+", "-", "+", "."]]),
        // Tags of the core schema.
        Reading("a number as text", "a: !!str 1\n", ["a": "1"]),
        Reading("text as a number", "a: !!int \"5\"\n", ["a": 5]),
        Reading("the tag that says nothing", "a: ! 5\n", ["a": "5"]),
        // Keys.
        Reading("a number as a key is text", "1: a\n", ["1": "a"]),
        Reading("a word as a key is text", "true: a\nnull: b\n", ["true": "a", "null": "b"]),
        Reading("a quoted merge key is a key", "\"<<\": {a: 1}\n", ["<<": ["a": 1]]),
        Reading("an explicit key", "? a\n: 1\n", ["a": 1]), Reading("an empty key", "\"\": 1\n", ["": 1]),
        Reading("keys that differ in case", "a: 1\nA: 2\n", ["a": 1, "A": 2]),
        // Aliases.
        Reading("an alias", "a: &x {b: 1}\nc: *x\n", ["a": ["b": 1], "c": ["b": 1]]),
        Reading("an alias of a text", "a: &x b\nc: [*x, *x]\n", ["a": "b", "c": ["b", "b"]]),
        Reading("an anchor again", "a: &x 1\nb: &x 2\nc: *x\n", ["a": 1, "b": 2, "c": 2]),
        Reading(
            "many aliases, wildcards and question marks",
            "a: &x 1\nb: [" + Array(repeating: "*x", count: 40).joined(separator: ", ")
                + "]\nc: [\"*.a\", why ? really]\n",
            ["a": 1, "b": .array(Array(repeating: 1, count: 40)), "c": ["*.a", "why ? really"]]),
        Reading("an alias as a key", "a: &x b\n*x : 1\n", ["a": "b", "b": 1]),
        // Texts.
        Reading("a literal", "a: |\n  b\n   c\n\n  d\n", ["a": "b\n c\n\nd\n"]),
        Reading("a folded one", "a: >\n  b\n  c\n\n  d\n", ["a": "b c\nd\n"]),
        Reading("stripped", "a: |-\n  b\n\n", ["a": "b"]), Reading("kept", "a: |+\n  b\n\n", ["a": "b\n\n"]),
        Reading("indented by hand", "a: |1\n  b\n", ["a": " b\n"]),
        Reading("escapes", #"a: "\x41\u00e9\U0001F600\e\0\n""#, ["a": "A\u{E9}\u{1F600}\u{1B}\0\n"]),
        Reading("a quote in single quotes", "a: 'it''s'\n", ["a": "it's"]),
        Reading("several lines", "a: b\n  c\n", ["a": "b c"]),
        Reading("a comment behind", "a: b # c\n", ["a": "b"]), Reading("a hash inside", "a: b#c\n", ["a": "b#c"]),
        Reading("a tab behind a value", "a: 1\t\n", ["a": 1]),
    ]

    static let refusals: [Refusal] = [
        // Text that is no YAML.
        Refusal("an open list", "a: [1, 2\n", line: 2), Refusal("an open object", "a: {b: 1\n", line: 2),
        Refusal("an open quote", "a: \"b\n", line: 2),
        Refusal("an open single quote", "a: 'b\n", line: 2), Refusal("a bracket too many", "a: ]\n"),
        Refusal("a brace too many", "a: }\n"),
        Refusal("a tab as indentation", "a:\n\tb: 1\n", line: 2),
        Refusal("a tab in a list", "a:\n  - b\n\t- c\n", line: 3),
        Refusal("indentation that fits nothing", "a:\n    b: 1\n  c: 2\n", line: 3),
        Refusal("a list behind a value", "a: 1\n- b\n", line: 2),
        Refusal("two colons", "a: b: c\n"), Refusal("a percent sign", "a: %b\n"), Refusal("an at sign", "a: @b\n"),
        Refusal("a backtick", "a: `b`\n"),
        Refusal("an escape that is none", "a: \"\\q\"\n"), Refusal("half an escape", "a: \"\\u00\"\n"),
        Refusal("an escape of a surrogate", "a: \"\\ud800\"\n"),
        Refusal("an escape beyond Unicode", "a: \"\\U00110000\"\n"), Refusal("a NUL", "a: \u{0}\n"),
        Refusal("a control character", "a: b\u{1}c\n"),
        Refusal("a bell in quotes", "a: \"\u{7}\"\n"), Refusal("text behind a quoted one", "a: \"b\" c\n"),
        Refusal("a comma alone", "a: [,]\n"),
        Refusal("a literal with less indentation", "a: |2\n b\nc\n", line: 2),
        Refusal("a directive that is none", "%YAML 9.1\n---\na: 1\n"),
        Refusal("a directive without a document", "%YAML 1.2\na: 1\n", line: 2),
        Refusal("two directives of the version", "%YAML 1.2\n%YAML 1.2\n---\na: 1\n", line: 2),
        // The second document.
        Refusal("a fault in the second document", "a: 1\n---\nb: [\n", document: 1, line: 4),
        Refusal("a fault in the third document", "a: 1\n---\nb: 2\n...\n---\nc: !x 3\n", document: 2, line: 6),
        Refusal("a fault in the second of a list", "- {a: 1}\n- {b: !x 2}\n", document: 1, line: 2),
        // Keys.
        Refusal("a key twice", "a: 1\nb: 2\na: 3\n"), Refusal("a key twice inside", "a:\n  b: 1\n  b: 2\n", line: 2),
        Refusal("a key twice in braces", "{a: 1, \"a\": 2}\n"),
        Refusal("a key twice as text and number", "1: a\n\"1\": b\n"),
        Refusal("a list as a key", "? [a]\n: 1\n"), Refusal("a list as a key in braces", "{[a]: 1}\n"),
        Refusal("an object as a key", "{a: 1}: 2\n"),
        Refusal("a merge key", "a: &x {b: 1}\nc:\n  <<: *x\n", line: 3),
        Refusal("a merge key that merges nothing", "<<: 1\n"),
        // Tags.
        Refusal("a tag of one's own", "a: !foo 1\n"),
        Refusal("a tag of another language", "a: !!python/object:os.system 1\n"),
        Refusal("binary", "a: !!binary aGk=\n"), Refusal("a timestamp", "a: !!timestamp 2026-01-02\n"),
        Refusal("a verbatim tag", "a: !<tag:x.org,2026:y> 1\n"),
        Refusal("a handle that nobody declared", "a: !x!y 1\n"),
        Refusal("a tag with bytes that are no text", "a: !<%ED%A0%80> 1\n"),
        // Aliases.
        Refusal("an alias of nothing", "a: *x\n"), Refusal("an alias before its anchor", "a: *x\nb: &x 1\n"),
        Refusal("an alias inside its own anchor", "a: &x [*x]\n"),
        Refusal("an anchor without a name", "a: & 1\n"), Refusal("two anchors", "a: &x &y 1\n"),
        Refusal("ten million laughs", Self.laughs(levels: 9, width: 9), line: 1),
        Refusal("laughs as a key", Self.laughs(levels: 60, width: 2) + "*x60 : b\n", line: 62),
        Refusal("laughs as an explicit key", Self.laughs(levels: 60, width: 2) + "? *x60\n: b\n", line: 62),
        Refusal("laughs as a key in braces", Self.laughs(levels: 60, width: 2) + "b: {[*x60]: c}\n", line: 62),
        Refusal("laughs as a key of a list", Self.laughs(levels: 60, width: 2) + "b: [[*x60]: c]\n", line: 62),
        // Depth.
        Refusal("a hundred lists", "a: " + String(repeating: "[", count: 100) + String(repeating: "]", count: 100)),
        Refusal("a hundred thousand lists", String(repeating: "[", count: 100_000)),
        Refusal("a hundred thousand objects", String(repeating: "{a: ", count: 100_000)),
        Refusal("a hundred thousand dashes", String(repeating: "- ", count: 100_000)),
        Refusal("a hundred thousand question marks", String(repeating: "? ", count: 100_000)),
    ]

    /// A list of lists of lists, each the one before several times: `width` to the power of `levels` texts.
    static func laughs(levels: Int, width: Int) -> String {
        var text = "a0: &x0 ha\n"
        for level in 1...levels {
            let aliases = Array(repeating: "*x\(level - 1)", count: width).joined(separator: ", ")
            text += "a\(level): &x\(level) [\(aliases)]\n"
        }
        return text
    }
}
