import CCrypto

/// A SHA-1 digest (FIPS 180-4), for protocols that ask for one and rely on it for nothing (RFC 6455 section 1.3).
package struct SHA1Digest: Hashable, Sendable {
    /// All 20 of them.
    package let bytes: [UInt8]

    package init(of bytes: [UInt8]) {
        self.bytes = [UInt8](unsafeUninitializedCapacity: 20) { output, count in
            _ = CCrypto.SHA1(bytes, bytes.count, output.baseAddress)
            count = 20
        }
    }
}
