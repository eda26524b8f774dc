import Synchronization

/// When the WAL has grown enough to be moved into the database.
///
/// Counted in rows and commits rather than read from the file, because a checkpointed WAL keeps its size.
final class CheckpointSchedule: Sendable {
    /// About 8 MiB of WAL: a commit of one change writes some ten pages of 4 KiB, more rows about one page for two.
    private static let limit = 2_000
    private let pages = Mutex(0)

    func committed(rows: Int) { self.pages.withLock { $0 += 8 + rows / 2 } }
    func done() { self.pages.withLock { $0 = 0 } }
    var isDue: Bool { self.pages.withLock { $0 >= Self.limit } }
}
