import Testing

/// Texts that a JSON parser meets sooner or later, with what has to come of them: written for our own parser, as data.
///
/// A row is a name and the bytes. Control characters and bytes beyond ASCII are written as escapes of Swift, so that the
/// table can be read.
enum JSONTable {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]

        init(_ name: String, _ text: String) {
            self.name = name
            self.bytes = Array(text.utf8)
        }

        init(_ name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }

        var testDescription: String { self.name }
    }

    /// RFC 8259 says that these are JSON.
    static let accepted: [Row] = [
        // Values at the top, and white space.
        Row("a null", "null"), Row("a true", "true"), Row("a false", "false"), Row("a number", "7"),
        Row("a string", #""a""#), Row("an empty string", #""""#), Row("an empty array", "[]"),
        Row("an empty object", "{}"), Row("spaces around", " [] "), Row("all white space", "\t\n\r [\t\n\r ]\t\n\r "),
        Row("a line end behind", "1\n"), Row("a carriage return behind", "1\r"), Row("spaces inside", "[ 1 , 2 ]"),
        Row("spaces around a colon", #"{"a" : 1}"#), Row("no spaces at all", #"{"a":[1,{"b":null}]}"#),
        // Numbers.
        Row("zero", "0"), Row("minus zero", "-0"), Row("minus zero with a fraction", "-0.0"), Row("one digit", "9"),
        Row("a fraction", "0.5"), Row("a long fraction", "0.10000000000000000000000000000000000001"),
        Row("an exponent", "1e5"), Row("an exponent in upper case", "1E5"), Row("an exponent with plus", "1e+5"),
        Row("an exponent with minus", "1e-5"), Row("an exponent with zeros", "1e005"),
        Row("an exponent of zero", "1e0"),
        Row("a zero with an exponent", "0e5"), Row("a zero with a huge exponent", "0e400"),
        Row("a fraction and an exponent", "-1.5E-3"), Row("a number before a bracket", "[1]"),
        Row("a number before a comma", "[1,2]"), Row("the largest integer", "9223372036854775807"),
        Row("the smallest integer", "-9223372036854775808"), Row("the largest double", "1.7976931348623157e308"),
        Row("the smallest double", "5e-324"), Row("an integer beyond doubles' precision", "9007199254740993"),
        // Strings.
        Row("every short escape", #""\"\\\/\b\f\n\r\t""#), Row("an escaped NUL", #""\u0000""#),
        Row("an escaped delete", #""\u007f""#), Row("digits of an escape in both cases", #""\u00eF\u00Ef""#),
        Row("an escape of the first pair", #""\ud800\udc00""#), Row("an escape of the last pair", #""\udbff\udfff""#),
        Row("an escape before the pairs", #""\ud7ff""#), Row("an escape after the pairs", #""\ue000""#),
        Row("an escaped noncharacter", #""\uffff""#), Row("a noncharacter beyond the first plane", #""\ud83f\udffe""#),
        Row("an escaped byte order mark", #""\ufeff""#), Row("a byte order mark in a string", "\"\u{FEFF}\""),
        Row("a delete as it is", "\"\u{7F}\""), Row("a C1 control as it is", "\"\u{85}\""),
        Row("line separators as they are", "\"\u{2028}\u{2029}\""), Row("two bytes", "\"\u{E9}\""),
        Row("three bytes", "\"\u{20AC}\""), Row("four bytes", "\"\u{1F600}\""),
        Row("the last code point", "\"\u{10FFFF}\""),
        Row("what looks like a comment", #""/*x*/ //x""#), Row("what looks like an escape of an escape", #""\\u0041""#),
        Row("an escaped quote at the end", #""a\"""#), Row("brackets in a string", #""[{]}""#),
        Row("a combining mark after a quote", "\"\u{301}\""),
        // Objects and arrays.
        Row("an empty name", #"{"":1}"#), Row("a name with an escape", #"{"\u0061":1}"#),
        Row("names that differ in case", #"{"a":1,"A":2}"#),
        Row("a name in two normal forms", "{\"\u{E9}\":1,\"x\":2}"),
        Row("the same name in two objects", #"[{"a":1},{"a":2}]"#), Row("the same name inside", #"{"a":{"a":1}}"#),
        Row("nulls", "[null,null]"), Row("arrays of arrays", "[[],[[]],[[[]]]]"),
        Row("an object in an array in an object", #"{"a":[{"b":[{}]}]}"#),
        Row("64 arrays", String(repeating: "[", count: 64) + String(repeating: "]", count: 64)),
        Row("64 objects", String(repeating: #"{"a":"#, count: 63) + "{}" + String(repeating: "}", count: 63)),
        Row("many elements", "[" + String(repeating: "0,", count: 10_000) + "0]"),
        Row("a long string", "\"" + String(repeating: "a", count: 100_000) + "\""),
    ]

    /// RFC 8259 leaves these to the parser; ours has to say yes or no, and what it reads it must write the same.
    static let either: [Row] = [
        Row("a number beyond doubles", "1e400"), Row("a negative number beyond doubles", "-1e400"),
        Row("a number too small for doubles", "1e-400"), Row("an exponent beyond integers", "1e99999999999999999999"),
        Row("a negative exponent beyond integers", "1e-99999999999999999999"),
        Row("an integer one too large", "9223372036854775808"), Row("an integer one too small", "-9223372036854775809"),
        Row("a very long integer", String(repeating: "9", count: 400)),
        Row("a very long fraction", "0." + String(repeating: "3", count: 10_000)),
        Row("a very long integer of zeros and an exponent", "1" + String(repeating: "0", count: 300) + "e-300"),
        Row("a member twice", #"{"a":1,"a":1}"#), Row("a member twice, once escaped", #"{"a":1,"\u0061":2}"#),
        Row("a name in composed and decomposed form", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
        Row("a lone high surrogate", #""\ud800""#), Row("a lone low surrogate", #""\udc00""#),
        Row("surrogates in the wrong order", #""\udc00\ud800""#),
        Row("a high surrogate before a letter", #""\ud800a""#),
        Row("a high surrogate before another escape", #""\ud800\n""#), Row("two high surrogates", #""\ud800\ud800""#),
        Row("a byte order mark before the text", "\u{FEFF}[]"),
        Row("65 arrays", String(repeating: "[", count: 65) + String(repeating: "]", count: 65)),
        Row(
            "a hundred thousand arrays", String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        ),
    ]

    /// These are not JSON.
    static let refused: [Row] = [
        // Nothing, or not all of it.
        Row("nothing", ""), Row("only spaces", "  "), Row("only a line end", "\n"), Row("an open array", "["),
        Row("an open array with an element", "[1"), Row("an open array with a comma", "[1,"),
        Row("an open object", "{"),
        Row("an object after its name", #"{"a""#), Row("an object after its colon", #"{"a":"#),
        Row("an object after its value", #"{"a":1"#), Row("an object after its comma", #"{"a":1,"#),
        Row("an open string", #""a"#), Row("only a quote", "\""), Row("a string after a backslash", #""\"#),
        Row("a string after half an escape", #""\u00"#), Row("half a null", "nul"), Row("half a true", "tr"),
        Row("half a false", "fals"), Row("only a minus", "-"), Row("a number after its point", "1."),
        Row("a number after its exponent", "1e"), Row("a number after its exponent's sign", "1e-"),
        Row("a hundred thousand open arrays", String(repeating: "[", count: 100_000)),
        Row("a hundred thousand open objects", String(repeating: #"{"a":"#, count: 100_000)),
        // Too much of it.
        Row("two values", "1 2"), Row("two arrays", "[][]"), Row("a bracket too many", "[]]"),
        Row("a brace too many", "{}}"),
        Row("a comma behind", "[],"), Row("a quote behind", "\"a\"\""), Row("a letter behind", "{}a"),
        Row("a NUL behind", "[]\u{0}"), Row("a comment behind", "[]//x"), Row("a hash behind", "[]#"),
        Row("a closing bracket alone", "]"), Row("a closing brace alone", "}"), Row("a comma alone", ","),
        Row("a colon alone", ":"),
        // Brackets and commas.
        Row("a comma before the bracket", "[1,]"), Row("a comma before the brace", #"{"a":1,}"#),
        Row("a comma in front", "[,1]"),
        Row("two commas", "[1,,2]"), Row("only a comma", "[,]"), Row("no comma", "[1 2]"),
        Row("no comma between strings", #"["a" "b"]"#),
        Row("no comma between members", #"{"a":1 "b":2}"#), Row("a colon in an array", #"["a":1]"#),
        Row("a semicolon", "[1;2]"),
        Row("an array closed by a brace", "[1}"), Row("an object closed by a bracket", #"{"a":1]"#),
        Row("parentheses", "(1)"),
        // Members.
        Row("no colon", #"{"a" 1}"#), Row("two colons", #"{"a"::1}"#), Row("a comma for the colon", #"{"a",1}"#),
        Row("an equals sign", #"{"a"=1}"#), Row("no value", #"{"a":}"#), Row("no name", "{:1}"),
        Row("a name without quotes", "{a:1}"),
        Row("a name in single quotes", "{'a':1}"), Row("a number as a name", "{1:1}"),
        Row("a null as a name", "{null:1}"),
        Row("an array as a name", "{[]:1}"), Row("a value alone", "{1}"), Row("a string alone", #"{"a"}"#),
        Row("two values of a member", #"{"a":1 2}"#), Row("a comma in front of a member", #"{,"a":1}"#),
        Row("two commas between members", #"{"a":1,,"b":2}"#), Row("a comment among members", #"{"a":/*x*/1}"#),
        // Numbers.
        Row("a plus", "+1"), Row("two minuses", "--1"), Row("a minus and a space", "- 1"), Row("a leading zero", "01"),
        Row("two zeros", "00"), Row("a minus and a leading zero", "-01"), Row("no digit before the point", ".5"),
        Row("a minus and no digit", "-.5"), Row("no digit after the point", "1.e5"), Row("two points", "1.2.3"),
        Row("two exponents", "1e2e3"), Row("a fraction in the exponent", "1e2.5"),
        Row("two signs of the exponent", "1e+-5"),
        Row("a space in a number", "1 000"), Row("an underscore", "1_000"), Row("a comma as a point", "1,5"),
        Row("hexadecimal", "0x1F"), Row("octal", "0o17"), Row("binary", "0b1"), Row("a suffix", "1L"),
        Row("a letter behind", "1a"),
        Row("not a number", "NaN"), Row("infinity", "Infinity"), Row("minus infinity", "-Infinity"), Row("inf", "inf"),
        Row("full-width digits", "\u{FF11}"), Row("Arabic digits", "\u{661}"),
        Row("a minus that is a dash", "\u{2212}1"),
        Row("an exponent in another script", "1\u{435}5"),
        // Words.
        Row("True", "True"), Row("NULL", "NULL"), Row("nil", "nil"), Row("undefined", "undefined"), Row("yes", "yes"),
        Row("a longer word", "nulls"), Row("two words", "truefalse"), Row("a word that looks alike", "nu\u{4CF}l"),
        // Strings.
        Row("single quotes", "'a'"), Row("backticks", "`a`"), Row("typographic quotes", "\u{201C}a\u{201D}"),
        Row("no quotes", "a"),
        Row("a line end in a string", "\"a\nb\""), Row("a tab in a string", "\"\t\""),
        Row("a NUL in a string", "\"\u{0}\""),
        Row("the last control in a string", "\"\u{1F}\""), Row("a carriage return in a string", "\"\r\""),
        Row("an escaped line end", "\"\\\n\""), Row("an escape that is none", #""\x41""#),
        Row("an escaped single quote", #""\'""#),
        Row("an escape in upper case", #""\N""#), Row("a long escape in upper case", #""\U00000041""#),
        Row("an octal escape", #""\101""#),
        Row("an escaped NUL as a digit", #""\0""#), Row("an escape with braces", #""\u{41}""#),
        Row("an escape with three digits", #""\u041""#),
        Row("an escape with a letter", #""\u00g0""#), Row("an escape with a space", #""\u 041""#),
        Row("an escape with a sign", #""\u+041""#),
        Row("an escape of full-width digits", "\"\\u\u{FF10}\u{FF10}\u{FF14}\u{FF11}\""),
        Row("strings side by side", #""a""b""#),
        Row("a pair with half an escape", #""\ud800\u""#), Row("a pair with an end", #""\ud800\"#),
        // White space that is none.
        Row("a no-break space", "\u{A0}1"), Row("a form feed", "\u{C}1"), Row("a vertical tab", "\u{B}1"),
        Row("an ideographic space", "[\u{3000}]"),
        Row("a zero-width space", "[\u{200B}]"), Row("a line separator outside", "[\u{2028}]"),
        Row("a byte order mark inside", "[\u{FEFF}1]"),
        Row("a byte order mark behind", "1\u{FEFF}"), Row("a next line", "[\u{85}]"),
        Row("a NUL as a space", "[\u{0}1]"),
        // Other languages.
        Row("a comment", "/* x */ 1"), Row("a line comment", "// x\n1"), Row("a hash", "# x\n1"), Row("XML", "<a/>"),
        Row("YAML", "a: 1"),
        Row("a statement", "x = 1;"), Row("a sum", "1+1"), Row("a star", "[*]"),
        Row("a prefix against inclusion", ")]}'\n[]"),
        // Bytes.
        Row("not UTF-8", bytes: [0xFF]), Row("not UTF-8 in a string", bytes: [0x22, 0xFF, 0x22]),
        Row("a continuation alone", bytes: [0x22, 0x80, 0x22]),
        Row("a start without its end", bytes: [0x22, 0xC3, 0x22]),
        Row("two of three bytes", bytes: [0x22, 0xE2, 0x82, 0x22]),
        Row("three of four bytes", bytes: [0x22, 0xF0, 0x9F, 0x98, 0x22]),
        Row("an overlong slash", bytes: [0x22, 0xC0, 0xAF, 0x22]),
        Row("an overlong NUL", bytes: [0x22, 0xC0, 0x80, 0x22]),
        Row("an overlong euro", bytes: [0x22, 0xF0, 0x82, 0x82, 0xAC, 0x22]),
        Row("a surrogate in UTF-8", bytes: [0x22, 0xED, 0xA0, 0x80, 0x22]),
        Row("a pair of surrogates in UTF-8", bytes: [0x22, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80, 0x22]),
        Row("beyond Unicode", bytes: [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22]),
        Row("five bytes", bytes: [0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22]),
        Row("not UTF-8 in a name", bytes: [0x7B, 0x22, 0xE9, 0x22, 0x3A, 0x31, 0x7D]),
        Row("not UTF-8 behind an escape", bytes: [0x22, 0x5C, 0x6E, 0xE9, 0x22]),
        Row("not UTF-8 after a backslash", bytes: [0x22, 0x5C, 0xE9, 0x22]),
        Row("not UTF-8 in an escape", bytes: [0x22, 0x5C, 0x75, 0x30, 0x30, 0xE9, 0x22]),
        Row("Latin-1", bytes: [0x5B, 0x22, 0xE4, 0x22, 0x5D]),
        Row("half a byte order mark", bytes: [0xEF, 0xBB, 0x31]),
        Row("UTF-16, big end first", bytes: [0xFE, 0xFF, 0x00, 0x31]),
        Row("UTF-16, little end first", bytes: [0xFF, 0xFE, 0x31, 0x00]),
        Row("UTF-16 without a mark", bytes: [0x00, 0x5B, 0x00, 0x5D]), Row("UTF-32", bytes: [0x00, 0x00, 0x00, 0x31]),
        Row("only a NUL", bytes: [0x00]),
    ]
}
