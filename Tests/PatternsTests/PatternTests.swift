import Patterns
import Testing

@Suite struct PatternTests {
    @Test(arguments: [
        ("^2\\.", "2.1", Found.yes), ("^2\\.", "12.1", .no), ("bot", "a robot", .yes), ("^$", "", .yes), ("a", "", .no),
        ("(?i)chrome", "CHROME/1", .yes), ("^a.*b$", "a\nb", .yes), ("^ab$", "ab\n", .no),
        ("^[é]$", "é", .yes), ("^[é]$", "\u{c3}", .no), ("^.$", "é", .no), ("^(?:.|é)$", "é", .yes),
    ])
    func search(_ pattern: String, _ value: String, _ expected: Found) throws {
        for isCompiled in [true, false] {
            #expect(try Pattern(pattern, isCompiledToMachineCode: isCompiled).find(value) == expected)
        }
    }

    @Test func bytesThatAreNoTextMatchNothingOfATextPattern() throws {
        let bytes: [UInt8] = [0xC3, 0x28, 0xFF]
        #expect(try bytes.withUnsafeBytes { try Pattern("é").find(in: $0) } == .no)
        #expect(try bytes.withUnsafeBytes { try Pattern("\\(.$").find(in: $0) } == .yes)
    }

    @Test(arguments: [
        ("(a", 2), ("a)", 1), ("[a", 2), ("*", 0), ("a\\", 2), ("(?<n>a)(?<n>b)", 12), ("\\C", 2), ("(*UTF)a", 6),
        (String(repeating: "(", count: 60) + String(repeating: ")", count: 60), 51), ("((a{1,100}){1,100}){1,100}", 26),
        (String(repeating: "()", count: 64), 128),
    ])
    func whatIsRefused(_ pattern: String, _ offset: Int) {
        let error = patternError { () throws(PatternError) in _ = try Pattern(pattern) }
        #expect(error?.message.isEmpty == false)
        #expect(error?.offset == offset)
    }

    /// Patterns whose search takes exponential, cubic or quadratic time, each with a value that never matches.
    @Test(arguments: [
        ("(a+)+$", "a", "!"), ("^(a|a)*$", "a", "!"), ("^(a|aa)+$", "a", "!"), ("(.*)*x$", "a", "!"),
        ("\\s+$", " ", "!"),
        ("^.*\\s+$", " ", "!"), ("a*a*a*b", "a", "!"), ("^(([a-z])+.)+[A-Z]([a-z])+$", "a", "!"),
        ("(a?){50}a{50}$", "a", "!"),
        ("(?=(a+))*b\\1", "a", "!"), ("^(a*)*\\1b", "a", "!"), ("x{500}y", "x", "!"), ("(?:a|b|ab)*c", "ab", "!"),
    ])
    func noSearchTakesLong(_ pattern: String, _ part: String, _ end: String) throws {
        for isCompiled in [true, false] {
            let pattern = try Pattern(pattern, isCompiledToMachineCode: isCompiled)
            for count in [20, 1000, 32000] {
                let value = String(repeating: part, count: count) + end
                let first = pattern.find(value)
                #expect(first != .yes)
                #expect(pattern.find(value) == first)
            }
        }
    }

    @Test func theLimitIsMet() throws {
        let value = String(repeating: "a", count: 100) + "!"
        #expect(try Pattern("(a+)+$").find(value) == .limit)
        #expect(try Pattern("\\s+$").find(String(repeating: " ", count: 20_000) + "!") == .limit)
    }

    @Test(
        "What one item compares unseen is work too: a long fixed repeat, a reference to a long group",
        arguments: [
            "(?:a{16000}b|c)", "(?:x{0}a{ 16000}b|a{16000,}b|c)", #"^(a*b).*\1"#, #"^(?<n>a*b).*\k<n>"#,
            #"(?:\\?x?a{16000}b|c)"#,
        ])
    func unseenWork(text: String) throws {
        let value = String(repeating: "a", count: 8_000) + "b" + String(repeating: "a", count: 24_000)
        #expect(try Pattern(text).find(value) == .limit)
    }

    @Test func numbersOfCharactersAreNoRepeats() throws {
        let value = String(repeating: "b", count: 20_000) + "a"
        #expect(try Pattern(#"[\x{61}]|\o{141}"#).find(value) == .yes)
        #expect(
            try Pattern(#"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"#).find("0a1b2c3d-0000-1111-2222-0123456789ab")
                == .yes)
    }

    @Test func longValuesOfPlainPatternsAreSearched() throws {
        let list = String(repeating: "abc,", count: 2000) + "abc"
        #expect(try Pattern("^([a-z]+,)*[a-z]+$").find(list) == .yes)
        #expect(try Pattern("^Bearer [A-Za-z0-9._-]+$").find("Bearer " + String(repeating: "aZ9", count: 8000)) == .yes)
        #expect(try Pattern("needle").find(String(repeating: "hay ", count: 8000) + "needle") == .yes)
    }

    @Test func threadsShareAPattern() async throws {
        let pattern = try Pattern("^(\\w+) (\\d+)$")
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<200).allSatisfy { pattern.find("word \($0 * task)") == .yes && pattern.find("word x") == .no }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

extension Pattern {
    func find(_ text: String) -> Found {
        Array(text.utf8).withUnsafeBytes { self.find(in: $0) }
    }
}

/// What a body throws. `#expect(throws:)` with a typed error crashes the compiler (Swift 6.3.1).
func patternError(_ body: () throws(PatternError) -> Void) -> PatternError? {
    do throws(PatternError) {
        try body()
        return nil
    } catch {
        return error
    }
}
