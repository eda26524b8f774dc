import CCrypt

/// A stand-in until the real one is merged.
package enum PasswordHash {
    package static func verify(password: [UInt8], hash: String) -> Bool {
        guard !password.contains(0), hash.hasPrefix("$2") else { return false }
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        defer { data.deallocate() }
        data.initialize(to: crypt_data())
        var phrase = password.map { CChar(bitPattern: $0) }
        phrase.append(0)
        guard let result = crypt_r(phrase, hash, data) else { return false }
        return String(cString: result) == hash
    }
}
