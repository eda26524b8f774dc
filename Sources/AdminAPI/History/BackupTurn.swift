import Synchronization

/// One backup is made and read at a time: each is a copy of the database in the data folder until it is.
final class BackupTurn: Sendable {
    private let isTaken = Mutex(false)

    /// Ends the turn when it goes, however it goes.
    final class Holder: Sendable {
        private let turn: BackupTurn

        fileprivate init(_ turn: BackupTurn) { self.turn = turn }

        deinit { self.turn.isTaken.withLock { $0 = false } }
    }

    /// - Throws: `busy`.
    func begin() throws(Refusal) -> Holder {
        let isMine = self.isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
        guard isMine else { throw Refusal(busy: "Another backup is being made or read.") }
        return Holder(self)
    }
}
