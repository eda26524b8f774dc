import AccessControl
import Credentials
import Glibc
import Reactor

/// Checks passwords on a thread of its own: each takes as long as some thousand requests.
///
/// Justified: what both threads touch is touched under the mutex alone.
final class PasswordDesk: @unchecked Sendable {
    /// Passwords that wait at once; a check takes some 50 ms, so more would wait longer than anybody does.
    static let mostWaiting = 64

    private struct Job {
        let id: UInt64
        /// A copy of its own, so that it can be wiped.
        var password: [UInt8]
        let hash: String
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let wakeup: Wakeup
    private var jobs: [Job] = []
    private var results: [(UInt64, Bool)] = []
    private var lastJob: UInt64 = 0
    private var isRunning = false

    init(_ wakeup: Wakeup) {
        self.wakeup = wakeup
        self.mutex.initialize(to: pthread_mutex_t())
        self.hasWork.initialize(to: pthread_cond_t())
        pthread_mutex_init(self.mutex, nil)
        pthread_cond_init(self.hasWork, nil)
        self.jobs.reserveCapacity(Self.mostWaiting)
    }

    // A thread that has started never ends and keeps it.
    deinit {
        self.mutex.deallocate()
        self.hasWork.deallocate()
    }

    /// Has a password checked; the result comes with a wakeup. `nil`: too many wait.
    func ask(_ question: PasswordQuestion) -> UInt64? {
        let copy = question.password.withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0)) }
        return self.locked {
            guard self.jobs.count < Self.mostWaiting, self.isRunning || self.start() else { return nil }
            self.lastJob += 1
            self.jobs.append(Job(id: self.lastJob, password: copy, hash: question.hash))
            pthread_cond_signal(self.hasWork)
            return self.lastJob
        }
    }

    /// Nobody waits for this one any more.
    func cancel(_ id: UInt64) {
        self.locked {
            guard let place = self.jobs.firstIndex(where: { $0.id == id }) else { return }
            self.jobs[place].password.wipe()
            self.jobs.remove(at: place)
        }
    }

    /// By job: whether the password was right.
    func takeResults() -> [(UInt64, Bool)] {
        self.locked {
            defer { self.results.removeAll(keepingCapacity: true) }
            return self.results
        }
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        return body()
    }

    // MARK: The thread

    private func start() -> Bool {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<PasswordDesk>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        self.isRunning = true
        return true
    }

    private func run() {
        // Of this thread alone, as Linux has it: requests come first.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        while true {
            var job = self.next()
            let isRight = PasswordHash.verify(password: job.password, hash: job.hash)
            job.password.wipe()
            self.locked { self.results.append((job.id, isRight)) }
            self.wakeup.signal()
        }
    }

    private func next() -> Job {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        while self.jobs.isEmpty { pthread_cond_wait(self.hasWork, self.mutex) }
        return self.jobs.removeFirst()
    }
}

extension [UInt8] {
    fileprivate mutating func wipe() {
        self.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            explicit_bzero(base, bytes.count)
        }
    }
}
