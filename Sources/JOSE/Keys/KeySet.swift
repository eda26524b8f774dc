import CJOSE
package import GatewayModel

/// Why there is no key set.
package enum KeySetError: Error, Hashable, Sendable {
    /// The bytes are no JSON, or have duplicate members.
    case notJSON(JSONError)
    /// Not an object with a list of objects called `keys` (RFC 7517 section 5).
    case notASet
}

/// The public keys of an issuer, or secrets shared with it (RFC 7517 section 5), parsed once.
///
/// A key that cannot be used is left out and named in `problems`, as RFC 7517 section 5 wants: unknown types, keys for
/// encryption, private keys (who publishes one has lost it), RSA of fewer than 2,048 or more than 8,192 bits, points that are
/// not on their curve, secrets shorter than their digest, and secrets where they are not expected.
///
/// May be used by several threads at once.
package final class KeySet: Sendable {
    /// Of keys; what follows is left out. Issuers have two or three.
    package static let keyLimit = 128
    /// How many keys are tried for a token that names none.
    static let trialLimit = 8

    // Justified: written by the initializer alone; the C library's keys may be used by any thread.
    nonisolated(unsafe) private let keys: [VerificationKey]
    private let ids: [UInt8]
    /// How many keys can be used.
    package let count: Int
    /// Why keys were left out, a line for each.
    package let problems: [String]

    /// - Parameter secrets: whether keys of the type `oct` are taken. A secret that anybody can fetch is none, so that a set
    ///   that comes from an address must not have any.
    package convenience init(parsing bytes: [UInt8], secrets: Bool = false) throws(KeySetError) {
        let document: JSON
        do throws(JSONError) { document = try JSON(parsing: bytes) } catch { throw .notJSON(error) }
        try self.init(document, secrets: secrets)
    }

    /// Of a set that is written into the configuration.
    package init(_ document: JSON, secrets: Bool = true) throws(KeySetError) {
        guard let list = document["keys"]?.arrayValue else { throw .notASet }
        var builder = Builder(takesSecrets: secrets)
        for (index, element) in list.prefix(Self.keyLimit).enumerated() { builder.add(element, at: index) }
        if list.count > Self.keyLimit { builder.problems.append("only the first \(Self.keyLimit) keys are used") }
        self.keys = builder.keys
        self.ids = builder.ids
        self.count = builder.keys.count
        self.problems = builder.problems
    }

    deinit {
        for key in self.keys { sluice_jose_free(key.handle) }
    }

    /// Whether a key has this `kid`: when none has, the issuer may have new ones.
    package func hasKey(_ id: String) -> Bool {
        self.keys.indices.contains { self.isNamed(self.keys[$0], id) }
    }

    private func isNamed(_ key: VerificationKey, _ id: String) -> Bool {
        guard let range = key.id, range.count == id.utf8.count else { return false }
        return self.ids[range].elementsEqual(id.utf8)
    }
}

extension KeySet {
    /// Checks that a key of this set made a signature (RFC 7515 section 5.2), whatever the message is.
    ///
    /// - Parameters:
    ///   - algorithm: what the header names; keys that are for another one are not tried.
    ///   - keyID: the only keys that are tried are those of this name; without one, all that fit, of which eight at most.
    package func verify(
        _ signature: [UInt8], of message: UnsafeRawBufferPointer, algorithm: JWTAlgorithm, keyID: String?
    ) throws(TokenFault) {
        var isNamed = false
        var tried = 0
        for index in self.keys.indices where tried < Self.trialLimit {
            let key = self.keys[index]
            if let keyID {
                guard self.isNamed(key, keyID) else { continue }
                isNamed = true
            }
            guard key.algorithms.contains(algorithm) else { continue }
            tried += 1
            if key.verifies(signature, of: message, by: algorithm) { return }
        }
        if tried > 0 { throw .signature }
        throw (keyID == nil ? !self.keys.isEmpty : isNamed) ? .algorithm : .unknownKey
    }
}

extension UnverifiedToken {
    /// Checks the signature. The algorithm is that of the key: of its type, its curve, its `alg` if it has one; the token's
    /// header must name just it (RFC 8725 section 3.1), and it must be one of `algorithms`.
    ///
    /// A token with a `kid` is checked with the keys of that name and with no other.
    package func verify(with keys: KeySet, algorithms: AlgorithmSet) throws(TokenFault) {
        guard algorithms.contains(self.algorithm) else { throw .algorithm }
        try keys.verify(self.signature, of: self.signed, algorithm: self.algorithm, keyID: self.keyID)
    }
}
