/// What a 401 asks for (RFC 9110 section 11.6.1).
enum Challenge {
    /// A whole line.
    static func line(_ challenge: String) -> [UInt8] { Array("WWW-Authenticate: \(challenge)\r\n".utf8) }
}
