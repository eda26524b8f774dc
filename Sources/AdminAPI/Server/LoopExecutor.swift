import NIOCore

/// Runs tasks on the thread that reads and writes the sockets, so that a call does not go from thread to thread: what it
/// waits for is the state, which has a thread of its own.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
