/// Why the data folder or the database in it could not be used.
package enum StorageError: Error, Sendable, Equatable {
    /// Another control plane works on the same folder; `holder` is what it wrote about itself.
    case leaseHeld(folder: String, holder: String)
    /// A file of the folder cannot be made, read or written.
    case file(path: String, problem: String)
    /// A secret can be read by others than its owner.
    case exposedSecret(path: String)
    /// The database was begun with a secret key, and there is none at this place.
    case missingSecretKey(place: String)
    /// The database was begun with another secret key than the given one.
    case wrongSecretKey(place: String)
    /// The same, and the one in the folder is the right one: a rotation has put it there.
    case secretKeyOfFolder(place: String, right: String)
    /// A rotation was to encrypt with the key that the database is encrypted with.
    case sameSecretKey(place: String)
    /// There is no database in the folder.
    case noDatabase(folder: String)
    /// A text that should hold a secret key holds none.
    case malformedSecretKey(place: String)
    /// A migration that this database already has was edited after its release.
    case editedMigration(name: String)
    /// The database has a migration that this program does not know: it was written by a newer one.
    case unknownMigration(name: String)
    /// A stored row does not pass the model's validation.
    case refusedRow(kind: String, name: String, problem: String)
    /// The content of a version was asked for that history no longer keeps.
    case prunedVersion(number: Int64, oldest: Int64)
    /// A file that was to be restored cannot be.
    case unusableBackup(path: String, problem: String)
    /// The disk is full: nothing was written.
    case full
    /// The database cannot be written at the moment: nothing was written.
    case notWritable(problem: String)
    /// The database is damaged or answers nonsense.
    case broken(problem: String)
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .leaseHeld(let folder, let holder):
            "another control plane works on \(folder) and holds its lease: \(holder)"
        case .file(let path, let problem): "\(path): \(problem)"
        case .exposedSecret(let path): "\(path) can be read by others; make it yours alone: chmod 600 \(path)"
        case .missingSecretKey(let place):
            "the database is encrypted, and its secret key is missing: \(place); start with the key that it began with"
        case .wrongSecretKey(let place):
            "the secret key (\(place)) is not the one that the database was encrypted with; start with that one"
        case .secretKeyOfFolder(let place, let right):
            """
            the secret key (\(place)) is not the one that the database is encrypted with, which is in \(right): start \
            without --secret-key-file and SLUICE_SECRET_KEY
            """
        case .sameSecretKey(let place): "the new key (\(place)) is the one that the database is encrypted with already"
        case .noDatabase(let folder): "there is no database in \(folder)"
        case .malformedSecretKey(let place):
            "\(place) holds no secret key: 32 bytes, as they are, in hexadecimal or in base64"
        case .editedMigration(let name):
            "migration \(name) was edited after it had been applied to this database; released migrations never change"
        case .unknownMigration(let name):
            "the database has migration \(name), which this program does not know: it was written by a newer release"
        case .refusedRow(let kind, let name, let problem): "stored \(kind) \(name) is not valid: \(problem)"
        case .prunedVersion(let number, let oldest):
            "the content of version \(number) is no longer kept; the oldest one that is kept is \(oldest)"
        case .unusableBackup(let path, let problem): "\(path) cannot be restored: \(problem)"
        case .full: "the disk is full"
        case .notWritable(let problem): "the database cannot be written: \(problem)"
        case .broken(let problem): "the database does not work: \(problem)"
        }
    }
}
