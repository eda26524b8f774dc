import Foundation
import GatewayModel

/// Where the control plane's secret key is: what is secret at rest is encrypted with what is derived from it.
package struct SecretKeySource: Sendable {
    private enum Place {
        /// `secret.key` of the data folder, made when there is none.
        case folder(PrivateFile)
        /// A file that somebody else looks after.
        case file(PrivateFile)
        case text(String, name: String)
    }

    private let place: Place

    /// `secret.key` of the folder, made (32 random bytes, mode 0600) for a new database.
    package init(in folder: DataFolder) {
        self.place = .folder(PrivateFile(path: folder.path(of: "secret.key")))
    }

    /// A file with at least 32 bytes as they are, or 32 bytes in hexadecimal or base64; it is never made.
    package init(file: String) { self.place = .file(PrivateFile(path: file)) }

    /// At least 32 bytes in hexadecimal or base64.
    ///
    /// - Parameter name: what the text came from, for messages; the text is in none.
    package init(text: String, name: String) { self.place = .text(text, name: name) }

    /// The key that a rotation was about to put in the place of this one; `nil` when there is none.
    func successor() throws(StorageError) -> [UInt8]? {
        guard case .folder(let file) = self.place, let bytes = try file.successor.read() else { return nil }
        return bytes.count >= 32 ? bytes : nil
    }

    /// Ends a rotation: the new key takes the place of the old one, which is kept under another name for older backups.
    ///
    /// - Returns: where the old one is; `nil` when there was none.
    @discardableResult
    package func succeed(at now: Timestamp) throws(StorageError) -> String? {
        guard case .folder(let file) = self.place else { return nil }
        let kept = try file.keep(as: file.kept(at: now))
        try file.replace(with: file.successor)
        return kept ? file.kept(at: now) : nil
    }

    /// Gives the key that a killed rotation has left a name that the next start does not remove.
    func keepSuccessor(at now: Timestamp) throws(StorageError) {
        if case .folder(let file) = self.place { _ = try file.successor.keep(as: file.kept(at: now)) }
    }

    /// Ends a rotation that did not come to pass. A file that stays is in nobody's way.
    func forgetSuccessor() {
        if case .folder(let file) = self.place { file.successor.remove() }
    }

    /// The key of the folder after a rotation: made, and on the disk, but not in its place yet.
    package static func makeSuccessor(in folder: DataFolder) throws(StorageError) -> SecretKeySource {
        let file = PrivateFile(path: folder.path(of: "secret.key")).successor
        try file.write(randomBytes(32))
        return SecretKeySource(file: file.path)
    }

    /// For messages.
    var name: String {
        switch self.place {
        case .folder(let file), .file(let file): file.path
        case .text(_, let name): name
        }
    }

    /// The key. Called again it gives the same.
    ///
    /// - Parameter isNew: nothing is encrypted yet, so that a key may be made.
    /// - Throws: `missingSecretKey`, `malformedSecretKey`, and what reading a file throws.
    package func read(isNew: Bool = false) throws(StorageError) -> [UInt8] {
        switch self.place {
        case .text(let text, _): return try self.decoded(text)
        case .file(let file):
            guard let bytes = try file.read() else { throw .missingSecretKey(place: file.path) }
            if let text = String(validating: bytes, as: UTF8.self), let key = try? self.decoded(text) { return key }
            return try self.checked(bytes)
        case .folder(let file):
            if let bytes = try file.read() { return try self.checked(bytes) }
            guard isNew else { throw .missingSecretKey(place: file.path) }
            let key = randomBytes(32)
            try file.write(key)
            return key
        }
    }

    private func checked(_ key: [UInt8]) throws(StorageError) -> [UInt8] {
        guard key.count >= 32 else { throw .malformedSecretKey(place: self.name) }
        return key
    }

    private func decoded(_ text: String) throws(StorageError) -> [UInt8] {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if trimmed.utf8.count >= 64, let key = [UInt8](hexadecimal: trimmed) { return key }
        return try self.checked([UInt8](base64: trimmed) ?? [])
    }
}

extension PrivateFile {
    fileprivate var successor: PrivateFile { PrivateFile(path: self.path + ".next") }

    fileprivate func kept(at now: Timestamp) -> String { "\(self.path).old-\(now.milliseconds)" }
}

/// From the system's random source.
func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}

extension [UInt8] {
    fileprivate init?(hexadecimal text: String) {
        let digits = Array<UInt8>(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        self = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[start..<start + 2], as: UTF8.self)
            guard pair.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }), let byte = UInt8(pair, radix: 16) else {
                return nil
            }
            self.append(byte)
        }
    }
}
