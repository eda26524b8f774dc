import GatewayModel
import Glibc

/// Whether the rules that a policy leaves out are there: a number that no rule has is a mistake that nobody else tells.
enum ExcludedRules {
    static func check(_ policy: WAFPolicy, _ text: String) throws(FirewallFault) {
        if policy.exclude.isEmpty { return }
        var known: Set<Int> = []
        Self.addNumbers(Array(text.utf8), to: &known)
        for line in text.split(separator: "\n") where line.hasPrefix("Include ") {
            Self.addNumbers(Self.bytes(String(line.dropFirst("Include ".count))), to: &known)
        }
        for (index, number) in policy.exclude.enumerated() where !known.contains(number) {
            throw FirewallFault(.rules, "no rule has the number \(number)", at: "/waf/exclude/\(index)")
        }
    }

    /// All of `id:942100`, wherever they stand.
    private static func addNumbers(_ bytes: [UInt8], to known: inout Set<Int>) {
        var word: (UInt8, UInt8, UInt8) = (0, 0, 0)
        var number: Int?
        for byte in bytes {
            if let value = number, (0x30...0x39).contains(byte), value < Int(Int32.max) {
                number = value * 10 + Int(byte - 0x30)
                continue
            }
            if let value = number, value > 0 { known.insert(value) }
            word = (word.1, word.2, byte)
            number = word == (0x69, 0x64, 0x3A) ? 0 : nil
        }
    }

    private static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0, bytes.count < 16 << 20 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
