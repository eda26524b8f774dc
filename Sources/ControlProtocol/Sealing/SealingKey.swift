import CCrypto

/// A key for AES-256-GCM (NIST SP 800-38D): what is sealed with it can be neither read nor altered without it.
package struct SealingKey: Sendable {
    /// How many bytes a nonce has. No two seals of one key may share one; random ones are good for 2^32 seals.
    package static let nonceSize = Int(SLUICE_SEAL_NONCE)
    private static let tagSize = Int(SLUICE_SEAL_TAG)

    private let bytes: [UInt8]

    /// Derives the key for one purpose out of a secret (HKDF-SHA256, RFC 5869), so that keys of different purposes say
    /// nothing about each other or about the secret.
    ///
    /// - Returns: `nil` when the library refuses, which it does for an empty secret.
    package init?(derivedFrom secret: [UInt8], purpose: String) {
        var key = [UInt8](repeating: 0, count: Int(SLUICE_SEAL_KEY))
        let label = Array(purpose.utf8)
        guard !secret.isEmpty, sluice_derive(secret, secret.count, label, label.count, &key) == 1 else { return nil }
        self.bytes = key
    }

    /// - Parameters:
    ///   - nonce: `nonceSize` bytes.
    ///   - context: what it belongs to; it opens with the same alone.
    /// - Returns: the nonce, what is sealed, and 16 bytes of proof; `nil` for a nonce of another size.
    package func seal(_ plain: [UInt8], context: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard nonce.count == Self.nonceSize else { return nil }
        var sealed = nonce
        sealed.reserveCapacity(nonce.count + plain.count + Self.tagSize)
        sealed.append(contentsOf: repeatElement(0, count: plain.count + Self.tagSize))
        let isSealed = sealed.withUnsafeMutableBufferPointer { room in
            sluice_seal(
                self.bytes, nonce, context, context.count, plain, plain.count,
                room.baseAddress?.advanced(by: Self.nonceSize))
        }
        return isSealed == 1 ? sealed : nil
    }

    /// - Returns: `nil` when it was sealed with another key or for another context, or was altered since.
    package func open(_ sealed: some Collection<UInt8>, context: [UInt8]) -> [UInt8]? {
        let sealed = Array(sealed)
        let count = sealed.count - Self.nonceSize
        guard count >= Self.tagSize else { return nil }
        var plain = [UInt8](repeating: 0, count: count - Self.tagSize)
        let isOpen = sealed.withUnsafeBufferPointer { sealed in
            sluice_open(
                self.bytes, sealed.baseAddress, context, context.count,
                sealed.baseAddress?.advanced(by: Self.nonceSize), count, &plain)
        }
        return isOpen == 1 ? plain : nil
    }
}
