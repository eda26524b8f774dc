extension SHA256Digest {
    private static let blockSize = 64

    /// HMAC-SHA-256 (RFC 2104): only who knows the key can tell which message has which code.
    package init(authenticating message: [UInt8], key: [UInt8]) {
        var block = key.count > Self.blockSize ? SHA256Digest(of: key).bytes : key
        block += Array(repeating: 0, count: Self.blockSize - block.count)
        let inner = SHA256Digest(of: block.map { $0 ^ 0x36 } + message)
        self.init(of: block.map { $0 ^ 0x5C } + inner.bytes)
    }
}
