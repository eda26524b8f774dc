import Patterns
import Testing

@Suite struct SubstitutionTests {
    @Test(arguments: [
        ("^/v1/(.*)$", "/v2/$1", "/v1/a/b", "/v2/a/b"), ("a", "b", "banana", "bbnbnb"), ("x", "y", "abc", "abc"),
        ("(?<id>\\d+)", "<${id}>", "/1/22", "/<1>/<22>"), ("(a)|(b)", "[$1$2]", "ab", "[a][b]"),
        ("o", "$$", "foo", "f$$"),
        ("b*", "-", "abc", "-a--c-"), ("^", "/p", "/x", "/p/x"), ("", "-", "é", "-é-"), ("/", "", "/a/b", "ab"),
        ("(.)(.)", "${2}${1}", "abcd", "badc"), ("(a)", "$11", "a", nil), ("a+", "[$0]", "caat", "c[aa]t"),
    ])
    func replacing(_ pattern: String, _ substitution: String, _ value: String, _ expected: String?) throws {
        for isCompiled in [true, false] {
            let pattern = try Pattern(pattern, isCompiledToMachineCode: isCompiled)
            #expect((try? pattern.replace(value, Substitution(substitution, for: pattern), room: 100)) == expected)
        }
    }

    @Test(arguments: [
        ("$", 0), ("a$x", 1), ("${", 0), ("${a", 0), ("${nobody}", 0), ("ab$2", 2), ("${}", 0),
        ("$99999999999999999999", 0),
    ])
    func whatIsRefused(_ text: String, _ offset: Int) throws {
        let pattern = try Pattern("(a)")
        let error = patternError { () throws(PatternError) in _ = try Substitution(text, for: pattern) }
        #expect(error?.offset == offset)
    }

    @Test func whatDoesNotFitIsNotWritten() throws {
        let pattern = try Pattern("a")
        let substitution = try Substitution("bb", for: pattern)
        #expect(try pattern.replace("aaa", substitution, room: 6) == "bbbbbb")
        #expect(try pattern.replace("aaa", substitution, room: 5) == nil)
        #expect(try pattern.replace("xxx", substitution, room: 2) == nil)
    }

    @Test func aReplacementThatTakesLongIsGivenUp() throws {
        let pattern = try Pattern("(a+)+$")
        let substitution = try Substitution("", for: pattern)
        #expect(try pattern.replace(String(repeating: "a", count: 100) + "!", substitution, room: 1000) == nil)
    }
}

extension Pattern {
    fileprivate func replace(_ text: String, _ substitution: Substitution, room: Int) throws -> String? {
        var output = [UInt8](repeating: 0, count: room)
        let count = Array(text.utf8).withUnsafeBytes { value in
            output.withUnsafeMutableBytes { self.replaceAll(in: value, with: substitution, into: $0) }
        }
        return count.map { String(decoding: output[..<$0], as: UTF8.self) }
    }
}
