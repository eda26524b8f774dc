extension FirewallVerdict {
    /// The number of our own rule that tells the score.
    static let scoreRule = 200_100
    /// What sums up.
    private static let summaries: ClosedRange<Int> = 949_000...949_999

    /// Reads what the engine wrote of the rules that matched: a text, then members such as `[id "942100"]`.
    mutating func take(_ lines: [String]) {
        for line in lines {
            let members = Self.members(line)
            guard let rule = members["id"].flatMap({ Int($0) }) else { continue }
            if rule == Self.scoreRule {
                self.score = members["data"].flatMap { Int($0) } ?? self.score
            } else if Self.summaries.contains(rule) {
                self.score = members["msg"].flatMap { Self.total($0) } ?? self.score
            } else {
                self.matches.append(FirewallMatch(rule, members))
            }
        }
    }

    /// `… (Total Score: 15)`.
    private static func total(_ message: String) -> Int? {
        guard message.hasSuffix(")"), let colon = message.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        return Int(message[message.utf8.index(after: colon)...].dropLast().drop { $0 == " " })
    }

    private static func members(_ line: String) -> [String: String] {
        var members: [String: String] = [:]
        var rest = line.utf8[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "[")) {
            rest = rest[rest.index(after: open)...]
            guard let quote = rest.firstIndex(of: UInt8(ascii: "\"")) else { break }
            let name = rest[..<quote]
            guard name.last == UInt8(ascii: " "), name.count <= 16, !name.contains(UInt8(ascii: "]")) else { continue }
            rest = rest[rest.index(after: quote)...]
            guard let end = Self.end(rest) else { break }
            members[String(decoding: name.dropLast(), as: UTF8.self)] = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...]
        }
        return members
    }

    /// Where `"]` stands.
    private static func end(_ text: Substring.UTF8View) -> Substring.UTF8View.Index? {
        var from = text.startIndex
        while let quote = text[from...].firstIndex(of: UInt8(ascii: "\"")) {
            let next = text.index(after: quote)
            if next < text.endIndex, text[next] == UInt8(ascii: "]") { return quote }
            from = next
        }
        return nil
    }
}

extension FirewallMatch {
    private static let severities = [
        "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug",
    ]
    private static let longest = 100

    fileprivate init(_ rule: Int, _ members: [String: String]) {
        let severity = members["severity"].flatMap { Int($0) } ?? -1
        let found = members["data"].flatMap { Self.place($0) }
        let place = found?.place ?? ""
        self.init(
            rule: rule, message: members["msg"] ?? "",
            severity: Self.severities.indices.contains(severity) ? Self.severities[severity] : "",
            place: place,
            excerpt: Self.isSecret(place) ? "" : String((found?.value ?? "").prefix(Self.longest)))
    }

    /// `… found within ARGS:id: value`.
    private static func place(_ data: String) -> (place: String, value: String)? {
        let words = "found within "
        guard let start = data.firstRange(of: words) else { return nil }
        let rest = data[start.upperBound...]
        guard let end = rest.firstRange(of: ": ") else { return (String(rest), "") }
        return (String(rest[..<end.lowerBound]), String(rest[end.upperBound...]))
    }

    private static func isSecret(_ place: String) -> Bool {
        let place = place.lowercased()
        return ["cookie", "authorization", "password", "passwd", "secret", "token"].contains { place.contains($0) }
    }
}

extension String {
    /// Where a text stands; Foundation is not needed for it.
    fileprivate func firstRange(of text: String) -> Range<Index>? { self[...].firstRange(of: text) }
}

extension Substring {
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var start = self.startIndex
        while start < self.endIndex {
            if self[start...].hasPrefix(text) { return start..<self.index(start, offsetBy: text.count) }
            start = self.index(after: start)
        }
        return nil
    }
}
