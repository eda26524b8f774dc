import CLinux
import Glibc

/// Starts executables: posix_spawn, since a fork of a process with threads may do nothing but execute.
enum ChildProcess {
    /// The number that a child finds its end of the channel under.
    static let channelDescriptor: Int32 = 3
    /// The numbers that a worker finds the memory of its replica's gauges and limits under.
    static let gaugesDescriptor: Int32 = 4
    static let limitsDescriptor: Int32 = 5

    /// The memory of `GaugeTable` and of `LimitMemory`, whose numbers are above those of children.
    struct SharedMemory {
        let gauges, limits: Int32
    }

    /// - Parameters:
    ///   - arguments: with the name of the program.
    ///   - environment: `NAME=value` each.
    ///   - channel: the child's end; stays the caller's here.
    ///   - shared: stays the caller's.
    static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String], channel: Int32, shared: SharedMemory? = nil
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, channel, Self.channelDescriptor)
        if let shared {
            posix_spawn_file_actions_adddup2(&actions, shared.gauges, Self.gaugesDescriptor)
            posix_spawn_file_actions_adddup2(&actions, shared.limits, Self.limitsDescriptor)
        }
        // Only the supervisor says when a worker ends: a terminal's or service manager's signal to the group is for it.
        // A successor reads them as soon as it runs.
        var mask = Signals.set([SIGINT, SIGTERM, SIGHUP, SIGUSR2])
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let argv = CStrings(arguments)
        let envp = CStrings(environment)
        var pid = pid_t()
        let code = posix_spawn(&pid, path, &actions, &attributes, argv.pointers, envp.pointers)
        guard code == 0 else { throw SystemError("start \(path)", code: code) }
        return pid
    }

    /// How a child ended, if it has; it is reaped then. `nil` while it runs.
    static func reap(_ pid: pid_t) -> String? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? "it exited with \((status >> 8) & 0xFF)" : "it was ended by signal \(signal)"
    }
}

/// A null-terminated array of C strings.
private final class CStrings {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ texts: [String]) { self.pointers = texts.map { strdup($0) } + [nil] }

    deinit { for pointer in self.pointers { free(pointer) } }
}
