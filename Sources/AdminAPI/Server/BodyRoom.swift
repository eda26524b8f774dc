import HTTPTypes
import Synchronization

/// The memory for large bodies: all of them together get so much, and what finds no room is told to come back.
final class BodyRoom: Sendable {
    private static let capacity = 2 * BodyLimit.apply
    private let taken = Mutex(0)

    /// What one body takes, for as long as the value lives.
    final class Place: Sendable {
        private let room: BodyRoom
        private let bytes = Mutex(0)

        init(in room: BodyRoom) { self.room = room }

        deinit { self.room.give(self.bytes.withLock { $0 }) }

        /// Makes room for a body of `size` bytes; one that any call may have takes none.
        ///
        /// - Throws: `busy`.
        func grow(to size: Int) throws(Refusal) {
            if size <= BodyLimit.resource { return }
            try self.bytes.withLock { bytes throws(Refusal) in
                guard size > bytes else { return }
                try self.room.take(size - bytes)
                bytes = size
            }
        }
    }

    private func take(_ bytes: Int) throws(Refusal) {
        let hasRoom = self.taken.withLock { taken in
            guard taken + bytes <= Self.capacity else { return false }
            taken += bytes
            return true
        }
        if hasRoom { return }
        var refusal = Refusal(busy: "Other large bodies are being read or worked on.")
        refusal.headers[.connection] = "close"
        throw refusal
    }

    private func give(_ bytes: Int) { self.taken.withLock { $0 -= bytes } }
}
