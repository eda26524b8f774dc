import Glibc

/// A detached thread for calls that block: libcurl's transfers and fsync.
enum BackgroundThread {
    enum Urgency {
        case normal
        /// Work that nobody waits for: it leaves the processor to those who serve, as far as these want it.
        case whenIdle
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ urgency: Urgency = .normal, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        let body: @Sendable () -> Void = {
            // Of the calling thread alone: to Linux, threads are processes here (setpriority(2)).
            if urgency == .whenIdle { setpriority(Int32(PRIO_PROCESS.rawValue), 0, 10) }
            run()
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw SystemError("start a thread", code: code)
        }
        pthread_detach(thread)
    }
}
