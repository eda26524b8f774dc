import Dispatch

/// Runs an actor's jobs on a thread of its own, so that waiting for the disk never holds one of the shared threads.
final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "sluice.control-state", qos: .userInitiated)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
