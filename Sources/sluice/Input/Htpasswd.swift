import GatewayModel

/// An htpasswd file: a user, a colon and a hash on each line; what lies behind a second colon, empty lines and those that begin
/// with `#` say nothing.
struct Htpasswd {
    struct User {
        let name: String
        /// bcrypt as crypt(5) has it.
        let hash: String
        let line: Int
    }

    /// In the order of the file.
    let users: [User]

    /// - Parameter file: for messages, which never show a hash.
    /// - Throws: everything that is wrong, line by line.
    init(_ text: String, file: String) throws(CommandFailure) {
        var users: [User] = []
        var faults: [String] = []
        var lines: [String: Int] = [:]
        // Some editors begin files with a byte order mark. Of bytes: "\r\n" is one character.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
        for (index, bytes) in Substring(text).utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        {
            let place = "\(file):\(index + 1)"
            guard let (name, hash) = Self.fields(Substring(bytes.last == 0x0D ? bytes.dropLast() : bytes)) else {
                continue
            }
            guard let hash else {
                faults.append("\(place): expected a user, a colon and a hash")
                continue
            }
            if let fault = Self.fault(user: name) ?? Self.fault(hash: hash) {
                faults.append("\(place): \(name.quoted): \(fault)")
            } else if let first = lines.updateValue(index + 1, forKey: name) {
                faults.append("\(place): \(name.quoted): is on line \(first) already")
            } else {
                users.append(User(name: name, hash: hash, line: index + 1))
            }
        }
        guard faults.isEmpty else { throw CommandFailure(.error, faults + Self.advice(faults)) }
        self.users = users
    }

    /// `nil` for a line that says nothing; without a hash where there is no colon.
    private static func fields(_ line: Substring) -> (user: String, hash: String?)? {
        if line.allSatisfy(\.isWhitespace) || line.first == "#" { return nil }
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard let user = fields.first, fields.count > 1 else { return ("", nil) }
        return (String(user), String(fields[1]))
    }

    /// As consumers are checked (RFC 7617 section 2).
    private static func fault(user name: String) -> String? {
        if name.isEmpty { return "a user has a name" }
        if name.utf8.count > 128 { return "a user name has at most 128 bytes" }
        return name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? nil : "a user name has no control characters"
    }

    private static func fault(hash: String) -> String? {
        let scheme = Scheme(hash)
        guard scheme == .bcrypt else { return "the password is hashed with \(scheme.rawValue), which is not taken" }
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[2].utf8.count == 2, let cost = Int(parts[2]), parts[3].utf8.count == 53,
            parts[3].utf8.allSatisfy({ $0.isCryptDigit })
        else { return "this is no whole bcrypt hash" }
        return (4...14).contains(cost) ? nil : "the cost \(cost) of the hash is not from 4 to 14"
    }

    private static func advice(_ faults: [String]) -> [String] {
        let isAboutSchemes = faults.contains { $0.hasSuffix("which is not taken") }
        return isAboutSchemes ? ["  bcrypt is taken, as `htpasswd -B` writes it: set these passwords anew"] : []
    }

    /// How a password is kept, by what the hash begins with.
    private enum Scheme: String {
        case bcrypt
        case apr1 = "MD5 (apr1)"
        case md5 = "MD5"
        case sha1 = "SHA-1"
        case sha256crypt = "SHA-256 (crypt)"
        case sha512crypt = "SHA-512 (crypt)"
        case crypt = "the old crypt"
        case plain = "nothing at all (plain text)"
        case unknown = "something unknown"

        init(_ hash: String) {
            let known: [(String, Self)] = [
                ("$2a$", .bcrypt), ("$2b$", .bcrypt), ("$2y$", .bcrypt), ("$apr1$", .apr1), ("$1$", .md5),
                ("{SHA}", .sha1), ("$5$", .sha256crypt), ("$6$", .sha512crypt), ("$", .unknown), ("{", .unknown),
            ]
            if let found = known.first(where: { hash.hasPrefix($0.0) }) {
                self = found.1
            } else {
                self = hash.utf8.count == 13 && hash.utf8.allSatisfy { $0.isCryptDigit } ? .crypt : .plain
            }
        }
    }
}

extension UInt8 {
    /// One of `./0-9A-Za-z`.
    fileprivate var isCryptDigit: Bool {
        (0x2E...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
