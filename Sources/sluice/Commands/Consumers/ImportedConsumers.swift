import GatewayModel

/// The consumers that users of an htpasswd file become.
struct ImportedConsumers {
    /// In the order of the file.
    let documents: [JSON]
    /// On which line each of them stands.
    let lines: [Int]

    /// - Parameters:
    ///   - prefix: of all names of consumers.
    ///   - stored: consumers that are there, by name: what an import says nothing about stays as it is.
    /// - Throws: all users that have no name as consumers, or the same one.
    init(
        _ htpasswd: Htpasswd, file: String, prefix: String, labels: [(name: String, value: String)],
        stored: [String: JSON] = [:]
    ) throws(CommandFailure) {
        var first: [String: Htpasswd.User] = [:]
        var faults: [String] = []
        var documents: [JSON] = []
        for user in htpasswd.users {
            let name = prefix + Self.name(of: user.name)
            if !ResourceKey.isName(name) {
                faults.append("\(file):\(user.line): \(user.name.quoted): no name of a consumer can be made of it")
            } else if let other = first.updateValue(user, forKey: name) {
                faults.append(
                    "\(file):\(user.line): \(user.name.quoted): would be consumer \(name), as is \(other.name.quoted) on line "
                        + String(other.line))
            } else {
                documents.append(Self.document(name, user, labels, stored[name]))
            }
        }
        guard faults.isEmpty else { throw CommandFailure(.error, faults) }
        self.documents = documents
        self.lines = htpasswd.users.map(\.line)
    }

    /// In lower case, with a dot for `@` and a dash for every other character that names do not have.
    static func name(of user: String) -> String {
        if ResourceKey.isName(user) { return user }
        let spelled = user.lowercased().map { character -> Character in
            if character == "@" { return "." }
            return character == "." || ResourceKey.isName(String(character)) ? character : "-"
        }
        let isEnd: (Character) -> Bool = { $0 == "." || $0 == "-" }
        let whole = spelled.drop(while: isEnd).prefix(63)
        return String(whole.dropLast(whole.reversed().prefix(while: isEnd).count))
    }

    private static func document(
        _ name: String, _ user: Htpasswd.User, _ labels: [(name: String, value: String)], _ stored: JSON?
    ) -> JSON {
        var members: JSONObject = ["kind": "consumer", "name": .string(name)]
        var all = stored?["labels"]?.objectValue ?? [:]
        for label in labels { all[label.name] = .string(label.value) }
        if !all.members.isEmpty { members["labels"] = .object(all) }
        members["description"] = stored?["description"]
        members["apiKeys"] = stored?["apiKeys"]
        members["basic"] = ["username": .string(user.name), "passwordHash": .string(user.hash)]
        return .object(members)
    }
}
