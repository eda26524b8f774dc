/// A line of the rules' language: a name and its arguments, without quotes.
struct RuleDirective: Hashable, Sendable {
    let name: String
    let arguments: [String]
    /// The line of the text that it begins on, from 1.
    let line: Int

    /// Reads a text: lines that end with a backslash go on in the next one; those that begin with `#` say nothing.
    static func read(_ text: String) -> [RuleDirective] {
        var directives: [RuleDirective] = []
        var pending: [UInt8] = []
        var (number, start) = (0, 1)
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var line = line.drop { $0 == 0x20 || $0 == 0x09 }
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            if pending.isEmpty {
                start = number
                if line.first == UInt8(ascii: "#") { continue }
            }
            if line.last == UInt8(ascii: "\\") {
                pending += line.dropLast()
                continue
            }
            pending += line
            if let directive = RuleDirective(pending, line: start) { directives.append(directive) }
            pending = []
        }
        if let directive = RuleDirective(pending, line: start) { directives.append(directive) }
        return directives
    }

    /// - Returns: `nil` for nothing but space.
    private init?(_ bytes: [UInt8], line: Int) {
        var words: [String] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x20 || bytes[index] == 0x09 {
                index += 1
            } else if bytes[index] == UInt8(ascii: "\"") {
                words.append(Self.quoted(bytes, &index))
            } else {
                let end = bytes[index...].firstIndex { $0 == 0x20 || $0 == 0x09 } ?? bytes.count
                words.append(String(decoding: bytes[index..<end], as: UTF8.self))
                index = end
            }
        }
        guard let name = words.first else { return nil }
        self.name = name
        self.arguments = Array(words.dropFirst())
        self.line = line
    }

    /// A backslash takes a quote in; before anything else it stands for itself.
    private static func quoted(_ bytes: [UInt8], _ index: inout Int) -> String {
        var text: [UInt8] = []
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") {
                index += 1
            }
            text.append(bytes[index])
            index += 1
        }
        index += 1
        return String(decoding: text, as: UTF8.self)
    }
}
