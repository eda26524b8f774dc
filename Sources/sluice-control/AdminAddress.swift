import ArgumentParser

/// `HOST:PORT` of the admin listener; an IPv6 literal stands in brackets.
struct AdminAddress: ExpressibleByArgument {
    let host: String
    let port: Int

    /// Where the admin API is when nobody says otherwise.
    static let standard = AdminAddress(host: "127.0.0.1", port: 9700)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"),
            let port = UInt16(argument[argument.index(after: colon)...])
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: host == "localhost" ? "127.0.0.1" : String(host), port: Int(port))
    }

    var defaultValueDescription: String { "\(self.host):\(self.port)" }

    /// Whether only this machine can reach it: 127.0.0.0/8 or ::1, written as a literal.
    var isLoopback: Bool {
        if self.host == "::1" { return true }
        let parts = self.host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
