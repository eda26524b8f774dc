/// One step of the schema: a file of `migrations/`, built into the program.
///
/// The files are embedded at build time through the link `Sources/Storage/migrations`, so a binary needs no folder
/// beside it and can never meet a schema of another release.
package struct Migration: Sendable {
    /// The file's name without `.sql`.
    package let name: String
    package let sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    /// Every released migration, in the order of its number. A new file of `migrations/` gets a line here;
    /// a test compares this list with the folder. (The generated names have `_` for the first digit.)
    package static let released: [Migration] = [
        Migration(name: "0001_initial", sql: String(decoding: PackageResources._001_initial_sql, as: UTF8.self))
    ]
}
