import CCrypt

/// Hashes of passwords as crypt(5) has them, computed by libcrypt.
///
/// Every call takes as long as a password should take to be guessed at: not for a thread that others wait for.
package enum PasswordHash {
    /// 2^10 rounds of bcrypt, some 50 ms of one core: a guess costs that much, and a worker that remembers who it has seen
    /// pays it once per caller. The next step doubles both.
    package static let cost = 10
    /// bcrypt reads no more of a password: what lies behind would be no part of it.
    package static let longestPassword = 72
    /// Of the salt, in bytes.
    package static let saltSize = Int(SLUICE_BCRYPT_SALT)
    /// More rounds than this would let one request hold a core for seconds.
    private static let highestCost = 14
    private static let mostRounds = 1_000_000

    /// The bcrypt hash (`$2b$`) of a password.
    ///
    /// - Parameter salt: 16 unguessable bytes.
    /// - Returns: `nil` for a password that is empty, longer than bcrypt reads or holds a zero byte.
    package static func make(_ password: [UInt8], salt: [UInt8], cost: Int = Self.cost) -> String? {
        guard Self.isPassword(password), salt.count == Self.saltSize, (4...Self.highestCost).contains(cost) else {
            return nil
        }
        let setting = Self.text { output in
            salt.withUnsafeBufferPointer { salt in
                salt.baseAddress.map { sluice_bcrypt_setting(UInt(cost), $0, output) } ?? 0
            }
        }
        guard let setting else { return nil }
        return Self.hash(password, setting)
    }

    /// Whether the password is the one that was hashed. Where hashes differ takes no part in how long it takes.
    package static func verify(password: [UInt8], hash: String) -> Bool {
        guard Self.isSupported(hash), Self.isPassword(password), let computed = Self.hash(password, hash) else {
            return false
        }
        let (left, right) = (Array(computed.utf8), Array(hash.utf8))
        return left.count == right.count && sluice_crypt_equal(left, right, left.count) == 1
    }

    /// Whether a text is a hash that `verify` takes: bcrypt, or sha512crypt and yescrypt as systems write them.
    ///
    /// Hashes that ask for more work than a request may cost are none.
    package static func isSupported(_ hash: String) -> Bool {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count > 3, parts[0].isEmpty, hash.utf8.count < Int(SLUICE_CRYPT_ROOM) else { return false }
        switch parts[1] {
        case "2a", "2b", "2y": return parts.count == 4 && Self.isBcrypt(parts[2], parts[3])
        case "6": return Self.isSHA512(parts[2...])
        // The parameters that Debian has for its users; others could ask for any amount of memory.
        case "y":
            return parts.count == 5 && parts[2] == "j9T" && Self.isText(parts[3], 1...86)
                && Self.isText(parts[4], 43...43)
        default: return false
        }
    }

    private static func isBcrypt(_ cost: Substring, _ rest: Substring) -> Bool {
        guard cost.utf8.count == 2, let cost = Int(cost), (4...Self.highestCost).contains(cost) else { return false }
        return Self.isText(rest, 53...53)
    }

    private static func isSHA512(_ parts: ArraySlice<Substring>) -> Bool {
        var parts = parts
        if let first = parts.first, first.hasPrefix("rounds=") {
            guard let rounds = Int(first.dropFirst(7)), (1000...Self.mostRounds).contains(rounds) else { return false }
            parts = parts.dropFirst()
        }
        guard parts.count == 2, let salt = parts.first, let sum = parts.last else { return false }
        return Self.isText(salt, 1...16) && Self.isText(sum, 86...86)
    }

    /// Of the alphabet of crypt(5).
    private static func isText(_ text: Substring, _ count: ClosedRange<Int>) -> Bool {
        count.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x2E...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            }
    }

    /// Whether bcrypt takes all of it.
    package static func isPassword(_ bytes: [UInt8]) -> Bool {
        (1...Self.longestPassword).contains(bytes.count) && !bytes.contains(0)
    }

    private static func hash(_ password: [UInt8], _ setting: String) -> String? {
        let phrase = password.map { CChar(bitPattern: $0) } + [0]
        return Self.text { output in setting.withCString { sluice_crypt(phrase, $0, output) } }
    }

    private static func text(_ fill: (UnsafeMutablePointer<CChar>) -> Int32) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(SLUICE_CRYPT_ROOM)) { room in
            guard let output = room.baseAddress, fill(output) == 1 else { return nil }
            return String(cString: output)
        }
    }
}
