import Credentials
import GatewayModel

/// The users of an htpasswd file, and the lines that cannot be taken.
struct HtpasswdLines {
    struct User {
        let name: String
        let hash: String
        /// The name of the consumer that it becomes.
        let consumer: String
    }

    struct Problem {
        let line: Int
        /// Without anything of the hash.
        let reason: String
    }

    private(set) var users: [User] = []
    private(set) var problems: [Problem] = []

    init(text: String, prefix: String) {
        var lineOfConsumer: [String: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if line.allSatisfy(\.isWhitespace) || line.hasPrefix("#") { continue }
            switch Self.user(line, prefix) {
            case .failure(let refused): self.problems.append(Problem(line: index + 1, reason: refused.reason))
            case .success(let user):
                if let earlier = lineOfConsumer.updateValue(index + 1, forKey: user.consumer) {
                    let reason = "the same consumer, \(user.consumer), stands on line \(earlier) already"
                    self.problems.append(Problem(line: index + 1, reason: reason))
                }
                self.users.append(user)
            }
        }
    }

    private struct Refused: Error {
        let reason: String
    }

    private static func user(_ line: Substring, _ prefix: String) -> Result<User, Refused> {
        guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
            return .failure(Refused(reason: "expected name:hash"))
        }
        let name = String(line[..<colon])
        let hash = String(line[line.index(after: colon)...].prefix { $0 != ":" })
        if let reason = Self.reason(against: hash) { return .failure(Refused(reason: reason)) }
        let consumer = prefix + Self.resourceName(name)
        guard ResourceKey.isName(consumer) else {
            return .failure(Refused(reason: "\(name) can be no consumer's name, not even as \(consumer)"))
        }
        return .success(User(name: name, hash: hash, consumer: consumer))
    }

    /// Names of resources are in lower case and have few signs.
    private static func resourceName(_ name: String) -> String {
        String(name.lowercased().map { $0 == "_" || $0 == "@" || $0 == "+" || $0 == " " ? "-" : $0 })
    }

    private static func reason(against hash: String) -> String? {
        if PasswordHash.isSupported(hash) { return nil }
        if hash.hasPrefix("$apr1$") || hash.hasPrefix("$1$") {
            return "MD5 is no longer safe: make it anew with htpasswd -B"
        }
        if hash.hasPrefix("{SHA}") { return "SHA-1 without a salt is not safe: make it anew with htpasswd -B" }
        if hash.hasPrefix("$2") { return "bcrypt that is cut off, or with a cost above 14" }
        return "neither bcrypt nor another hash that is supported: make it anew with htpasswd -B"
    }
}
