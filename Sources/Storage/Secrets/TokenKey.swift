import Foundation
import GatewayModel
import GRDB

extension ConfigurationDatabase {
    /// The key that tokens are signed with: 32 random bytes, made with the database, encrypted in it.
    ///
    /// It is no derivative of the secret key, so that this one can be changed and every token stays good.
    package func tokenKey() throws(StorageError) -> [UInt8] {
        do {
            let stored = try self.writer.read { database in
                try String.fetchOne(
                    database, sql: "SELECT value FROM meta WHERE name = ?", arguments: [SecretBox.tokenKey])
            }
            if let stored { return try self.opened(stored) }
            let key = randomBytes(32)
            let sealed = try self.secrets.seal(Data(key).base64EncodedString(), SecretBox.tokenKey)
            try self.writer.write { database in
                try database.execute(
                    sql: "INSERT INTO meta (name, value) VALUES (?, ?)", arguments: [SecretBox.tokenKey, sealed])
            }
            return key
        } catch {
            throw StorageError(error)
        }
    }

    private func opened(_ sealed: String) throws(StorageError) -> [UInt8] {
        guard let text = self.secrets.open(sealed, SecretBox.tokenKey), let key = [UInt8](base64: text), key.count >= 32
        else { throw .broken(problem: "the key that tokens are signed with was altered") }
        return key
    }
}
