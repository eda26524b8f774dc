import Glibc
import Reactor

/// Where the access log goes.
package enum AccessLogTarget: Hashable, Sendable {
    case off
    case standardOutput
    /// Appended to; made with mode 0640 when it is not there.
    case file(String)
}

/// What one worker process is told when it is started.
package struct WorkerSettings: Sendable {
    /// Which worker of its replica this is, from 0.
    package let index: Int
    /// Workers of the replica: limits that hold for the replica are shared out among them.
    package let count: Int
    /// The connected socket to the supervisor.
    package let channelDescriptor: Int32
    /// The memory of the replica's gauges.
    package let gaugesDescriptor: Int32
    /// The memory of the replica's rate limits.
    package let limitsDescriptor: Int32
    package let accessLog: AccessLogTarget
    /// `nil`: there is no store of global limits.
    package let store: StoreSettings?

    package init(
        index: Int, count: Int, channelDescriptor: Int32, gaugesDescriptor: Int32, limitsDescriptor: Int32,
        accessLog: AccessLogTarget, store: StoreSettings? = nil
    ) {
        self.index = index
        self.count = max(count, 1)
        self.channelDescriptor = channelDescriptor
        self.gaugesDescriptor = gaugesDescriptor
        self.limitsDescriptor = limitsDescriptor
        self.accessLog = accessLog
        self.store = store
    }
}

/// A worker process: one event loop that serves what its supervisor hands it.
package enum WorkerProcess {
    /// Serves until it has drained or its supervisor is gone. Returns the exit code.
    package static func run(_ settings: WorkerSettings) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        // The supervisor tells a worker what to do: what a terminal or a service manager sends to the whole group is meant
        // for the supervisor alone.
        for number in [SIGINT, SIGHUP, SIGTERM] { signal(number, SIG_IGN) }
        Self.raiseDescriptorLimit()
        do throws(SystemError) {
            return try Worker(settings).run()
        } catch {
            let message = "{\"level\":\"error\",\"message\":\"worker could not start\",\"error\":\"\(error)\"}\n"
            _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            return 1
        }
    }

    /// Every connection is a descriptor: as many as the system lets this process have.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
