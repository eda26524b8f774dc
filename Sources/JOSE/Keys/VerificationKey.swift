import CJOSE
import GatewayModel

/// One key, as C holds it, and what it may be used for. Trivial on purpose: looking through keys counts no references.
struct VerificationKey {
    /// Of the C library; freed by the key set.
    let handle: OpaquePointer
    let algorithms: AlgorithmSet
    /// Where its `kid` stands among the names of the set; `nil` when it has none.
    let id: Range<Int>?

    func verifies(_ signature: [UInt8], of message: UnsafeRawBufferPointer, by algorithm: JWTAlgorithm) -> Bool {
        guard let start = message.baseAddress else { return false }
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        return sluice_jose_verify(
            self.handle, Int32(algorithm.ordinal), bytes, message.count, signature, signature.count) == 1
    }
}

/// Why one key of a set is left out.
struct KeyProblem: Error {
    let text: String

    init(_ text: String) { self.text = text }
}
