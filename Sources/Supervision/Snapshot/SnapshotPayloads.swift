import ControlProtocol
import DataPlane
import Glibc

/// The bytes for `prepare`: the delta for workers that it continues, everything for the others. Each is made once.
struct SnapshotPayloads: ~Copyable {
    private let store: SnapshotStore
    private var delta: Int32?
    private var full: Int32?

    init(_ store: SnapshotStore) { self.store = store }

    deinit {
        if let delta { close(delta) }
        if let full { close(full) }
    }

    /// A memfd that stays this value's.
    ///
    /// - Parameter version: what the worker serves.
    mutating func payload(forWorkerAt version: Int64?) throws(ChannelError) -> Int32 {
        if let next = self.store.update, let from = next.update.from, from == version {
            if let delta { return delta }
            let made = try SharedPayload.write(next.bytes ?? next.update.encoded())
            self.delta = made
            return made
        }
        if let full { return full }
        let made = try SharedPayload.write(self.fullBytes())
        self.full = made
        return made
    }

    private func fullBytes() -> [UInt8] {
        if let next = self.store.update, next.update.from == nil, let bytes = next.bytes { return bytes }
        return self.store.installing?.content.full().encoded() ?? []
    }
}
