/// Remembers what verified credentials stand for, by their bytes, so that verifying is paid for once.
///
/// Whole bytes are compared: a hash that is equal by chance gives nobody another's value. Bounded by entries and by bytes;
/// the secrets in it are as long in memory as the cache keeps them. Finding allocates nothing and counts no references.
/// For one thread.
package struct CredentialCache<Value: AnyObject>: ~Copyable {
    private var table: CredentialTable

    /// - Parameters:
    ///   - entries: at most so many credentials, at least one.
    ///   - bytes: at most so many bytes of credentials; what values hold is not counted.
    ///   - key: random and secret, of whoever makes the cache.
    package init(entries: Int, bytes: Int, key: (UInt64, UInt64)) {
        self.table = CredentialTable(entries: entries, bytes: bytes, key: key)
    }

    /// How many credentials are kept.
    package var count: Int { self.table.count }

    /// How many bytes they have.
    package var byteCount: Int { self.table.byteCount }

    /// The value of a credential, which lives until the next call that changes the cache.
    ///
    /// - Parameter scope: tells generations of policies and keys apart: what was kept under another is not found, and goes when
    ///   its turn comes.
    package func find(_ bytes: UnsafeRawBufferPointer, scope: UInt64) -> Unmanaged<Value>? {
        self.table.find(bytes, scope: scope).map { .fromOpaque($0.toOpaque()) }
    }

    /// Keeps a value for a credential, in place of an older one, and makes room by letting go what was not asked for lately.
    package mutating func insert(_ bytes: UnsafeRawBufferPointer, scope: UInt64, _ value: Value) {
        self.table.insert(bytes, scope: scope, value)
    }

    /// Forgets one credential, such as a token that has expired.
    package mutating func remove(_ bytes: UnsafeRawBufferPointer, scope: UInt64) {
        self.table.remove(bytes, scope: scope)
    }

    /// Forgets all.
    package mutating func removeAll() { self.table.removeAll() }
}
