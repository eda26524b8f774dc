import Synchronization

/// Ends calls in flight from another thread; they end within a second, as `ClientError.cancelled`.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Not cancelled yet.
    package init() {}

    /// Whether `cancel` was called.
    package var isCancelled: Bool { self.flag.load(ordering: .relaxed) }

    /// From any thread; there is no way back.
    package func cancel() { self.flag.store(true, ordering: .relaxed) }
}
