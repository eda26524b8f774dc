import Firewall
import Glibc
import Reactor

/// What became of a scan.
enum ScanOutcome {
    /// The filter alone has shown that nothing is to be found.
    case filtered
    case verdict(FirewallVerdict)
    /// It took too long.
    case late
}

/// A request for the thread.
struct ScanJob {
    var id: UInt64 = 0
    let firewall: Firewall
    var request: FirewallRequest
    /// The target as the upstream gets it, where that is not what came; empty: it is.
    let canonical: [UInt8]

    /// Blocks for as long as the rules take.
    func run() -> ScanOutcome {
        var request = self.request
        var verdict = self.firewall.mayMatch(request) ? self.firewall.scan(request) : nil
        if !self.canonical.isEmpty {
            request.replace(target: self.canonical.span)
            if self.firewall.mayMatch(request) {
                let second = self.firewall.scan(request)
                verdict = verdict?.joined(with: second) ?? second
            }
        }
        return verdict.map { .verdict($0) } ?? .filtered
    }
}

/// Scans requests on a thread of its own: each may take as long as some hundred requests.
///
/// Justified: what both threads touch is touched under the mutex alone.
final class ScanDesk: @unchecked Sendable {
    /// Requests that wait at once.
    static let mostWaiting = 64

    struct Result {
        let job: UInt64
        let outcome: ScanOutcome
        let nanoseconds: UInt64
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let wakeup: Wakeup
    private var jobs: [ScanJob] = []
    private var results: [Result] = []
    private var lastJob: UInt64 = 0
    private var isRunning = false

    init(_ wakeup: Wakeup) {
        self.wakeup = wakeup
        self.mutex.initialize(to: pthread_mutex_t())
        self.hasWork.initialize(to: pthread_cond_t())
        pthread_mutex_init(self.mutex, nil)
        pthread_cond_init(self.hasWork, nil)
    }

    // A thread that has started never ends and keeps it.
    deinit {
        self.mutex.deallocate()
        self.hasWork.deallocate()
    }

    /// Has a request scanned; the result comes with a wakeup. `nil`: too many wait.
    func ask(_ job: consuming ScanJob) -> UInt64? {
        var job = job
        return self.locked {
            guard self.jobs.count < Self.mostWaiting, self.isRunning || self.start() else { return nil }
            self.lastJob += 1
            job.id = self.lastJob
            self.jobs.append(job)
            pthread_cond_signal(self.hasWork)
            return self.lastJob
        }
    }

    /// Nobody waits for this one any more.
    func cancel(_ id: UInt64) {
        self.locked { self.jobs.removeAll { $0.id == id } }
    }

    func takeResults() -> [Result] {
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
                Unmanaged<ScanDesk>.fromOpaque(argument).takeUnretainedValue().run()
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
        while true {
            let job = self.next()
            let start = Clock.monotonicNanoseconds()
            let outcome = job.run()
            let taken = Clock.monotonicNanoseconds() &- start
            self.locked { self.results.append(Result(job: job.id, outcome: outcome, nanoseconds: taken)) }
            self.wakeup.signal()
        }
    }

    private func next() -> ScanJob {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        while self.jobs.isEmpty { pthread_cond_wait(self.hasWork, self.mutex) }
        return self.jobs.removeFirst()
    }
}

extension FirewallVerdict {
    /// What the rules say of a request that can be read in two ways.
    func joined(with other: FirewallVerdict) -> FirewallVerdict {
        var sum = self
        sum.isRefused = self.isRefused || other.isRefused
        sum.score = max(self.score, other.score)
        sum.failure = self.failure ?? other.failure
        for match in other.matches where !self.matches.contains(match) { sum.matches.append(match) }
        return sum
    }
}
