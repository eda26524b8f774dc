import ControlProtocol

/// Passwords that were found to be right, so that each is hashed once and not with every request.
///
/// It holds digests of a secret of the process, the consumer's hash and the password, and so neither the password nor what
/// could be guessed from outside. A changed password has another hash and another digest. Only right ones are kept: guessing
/// fills nothing.
struct PasswordCache {
    /// How many are kept at least; twice as many at most.
    private let entries: Int
    private let secret: [UInt8]
    private var young: Set<SHA256Digest> = []
    private var old: Set<SHA256Digest> = []

    init(entries: Int = 1024) {
        self.entries = entries
        var generator = SystemRandomNumberGenerator()
        // Justified: a secret and no decision; no result depends on it.
        self.secret = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
    }

    mutating func contains(hash: String, password: [UInt8]) -> Bool {
        let digest = self.digest(hash, password)
        if self.young.contains(digest) { return true }
        guard self.old.contains(digest) else { return false }
        self.insert(digest)
        return true
    }

    mutating func insert(hash: String, password: [UInt8]) { self.insert(self.digest(hash, password)) }

    /// When the young ones are enough, the old ones go: those that nobody asked for since.
    private mutating func insert(_ digest: SHA256Digest) {
        self.young.insert(digest)
        guard self.young.count >= self.entries else { return }
        self.old = self.young
        self.young = []
    }

    /// Of parts of a known length but for the last.
    private func digest(_ hash: String, _ password: [UInt8]) -> SHA256Digest {
        SHA256Digest(of: self.secret + SHA256Digest(of: Array(hash.utf8)).bytes + password)
    }
}
