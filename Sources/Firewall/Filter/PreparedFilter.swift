import Glibc

/// A filter that is made on a thread, for that takes seconds: until it is there, the engine is asked about every request.
///
/// Justified: what both threads touch is touched under the mutex alone.
final class PreparedFilter: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let isDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let text: String
    private var isMade = false
    private var made: Filter?

    /// - Parameter text: the rules, as the engine reads them.
    init(_ text: String) {
        self.text = text
        self.mutex.initialize(to: pthread_mutex_t())
        self.isDone.initialize(to: pthread_cond_t())
        pthread_mutex_init(self.mutex, nil)
        pthread_cond_init(self.isDone, nil)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<PreparedFilter>.fromOpaque(argument).takeRetainedValue().make()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            self.isMade = true
            return
        }
        pthread_detach(thread)
    }

    deinit {
        pthread_cond_destroy(self.isDone)
        pthread_mutex_destroy(self.mutex)
        self.isDone.deallocate()
        self.mutex.deallocate()
    }

    private func make() {
        // Of this thread alone, as Linux has it: requests come first.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        let filter = Filter(FilterRules(self.text) { RuleText.file($0) })
        pthread_mutex_lock(self.mutex)
        self.made = filter
        self.isMade = true
        pthread_cond_broadcast(self.isDone)
        pthread_mutex_unlock(self.mutex)
    }

    /// `nil`: it is not there yet, or could say nothing.
    var filter: Filter? {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        return self.made
    }

    /// The same, once it is known.
    func wait() -> Filter? {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        while !self.isMade { pthread_cond_wait(self.isDone, self.mutex) }
        return self.made
    }
}
