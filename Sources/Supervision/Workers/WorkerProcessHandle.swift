import DataPlane
import Glibc

/// A worker process: this executable once more, with its end of the channel as descriptor 3, the replica's gauges as descriptor 4
/// and the counts of its rate limits as descriptor 5.
struct WorkerProcessHandle {
    let pid: pid_t
    let channel: Channel

    /// - Parameters:
    ///   - arguments: without the name of the program.
    ///   - environment: `NAME=value` each.
    ///   - shared: memory that workers share; stays the caller's.
    static func spawn(
        arguments: [String], environment: [String], shared: ChildProcess.SharedMemory
    ) throws(SystemError) -> WorkerProcessHandle {
        let ends: (Channel, Channel)
        do { ends = try Channel.pair() } catch { throw SystemError("make a socket pair") }
        defer { ends.1.close() }
        do throws(SystemError) {
            let pid = try ChildProcess.spawn(
                "/proc/self/exe", ["sluice-worker"] + arguments, environment, channel: ends.1.descriptor,
                shared: shared)
            return WorkerProcessHandle(pid: pid, channel: ends.0)
        } catch {
            ends.0.close()
            throw error
        }
    }

    func kill() { Glibc.kill(self.pid, SIGKILL) }
}
