import CLinux
import DataPlane
import Glibc

/// A worker process: this executable once more, with its end of the channel as descriptor 3.
struct WorkerProcessHandle {
    let pid: pid_t
    let channel: Channel

    /// - Parameters:
    ///   - arguments: without the name of the program.
    ///   - environment: `NAME=value` each.
    static func spawn(arguments: [String], environment: [String]) throws(SystemError) -> WorkerProcessHandle {
        let ends: (Channel, Channel)
        do { ends = try Channel.pair() } catch { throw SystemError("make a socket pair") }
        defer { ends.1.close() }
        do throws(SystemError) {
            let pid = try Self.spawn(["sluice-worker"] + arguments, environment, channel: ends.1.descriptor)
            return WorkerProcessHandle(pid: pid, channel: ends.0)
        } catch {
            ends.0.close()
            throw error
        }
    }

    func kill() { Glibc.kill(self.pid, SIGKILL) }

    private static func spawn(
        _ arguments: [String], _ environment: [String], channel: Int32
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, channel, 3)
        // Only the supervisor says when a worker ends: a terminal's or service manager's signal to the group is for it.
        var mask = Signals.set([SIGINT, SIGTERM, SIGHUP])
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let argv = CStrings(arguments)
        let envp = CStrings(environment)
        var pid = pid_t()
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.pointers, envp.pointers)
        guard code == 0 else { throw SystemError("start a worker process", code: code) }
        return pid
    }
}

/// A null-terminated array of C strings.
private final class CStrings {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ texts: [String]) { self.pointers = texts.map { strdup($0) } + [nil] }

    deinit { for pointer in self.pointers { free(pointer) } }
}
