import ControlProtocol
import Glibc

/// A file that only who has a token can read or make: a first line, then bytes under AES-256-GCM.
struct SealedFile: Sendable {
    enum Fault: Error {
        case missing
        /// Truncated, altered, sealed with another token or unreadable; a sentence for people.
        case damaged(String)
    }

    let path: String
    private let folder: String
    private let magic: [UInt8]
    private let key: SealingKey?

    /// - Parameters:
    ///   - magic: the first line, which is authenticated too.
    ///   - purpose: keeps keys for different files apart.
    init(path: String, folder: String, token: String, magic: [UInt8], purpose: String) {
        self.path = path
        self.folder = folder
        self.magic = magic
        self.key = SealingKey(derivedFrom: Array(token.utf8), purpose: purpose)
    }

    func write(_ body: [UInt8]) throws(SystemError) {
        let nonce = try randomBytes(SealingKey.nonceSize)
        guard let sealed = self.key?.seal(body, context: self.magic, nonce: nonce) else {
            throw SystemError("encrypt \(self.path)", code: EINVAL)
        }
        try Files.replace(self.path, in: self.folder, with: self.magic, sealed)
    }

    func read() throws(Fault) -> [UInt8] {
        let bytes = try self.readBytes()
        guard bytes.starts(with: self.magic) else { throw .damaged("it does not begin as it should") }
        guard let body = self.key?.open(bytes.dropFirst(self.magic.count), context: self.magic) else {
            throw .damaged("it was altered, or written with another token")
        }
        return body
    }

    private func readBytes() throws(Fault) -> [UInt8] {
        do throws(SystemError) {
            return try Files.read(self.path)
        } catch {
            if error.code == ENOENT { throw .missing }
            throw .damaged(error.message)
        }
    }
}
