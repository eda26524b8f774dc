import Synchronization

/// Ends calls in flight from another thread; they end within a second, as `ClientError.cancelled`.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    package var isCancelled: Bool { self.flag.load(ordering: .relaxed) }

    package func cancel() { self.flag.store(true, ordering: .relaxed) }
}
