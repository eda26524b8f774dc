import DataPlane
import Glibc

/// A worker process: this executable once more, with its end of the channel as descriptor 3 and the
/// replica's gauges as descriptor 4.
struct WorkerProcessHandle {
    let pid: pid_t
    let channel: Channel

    /// - Parameters:
    ///   - arguments: without the name of the program.
    ///   - environment: `NAME=value` each.
    ///   - gauges: stays the caller's.
    static func spawn(arguments: [String], environment: [String], gauges: Int32) throws(SystemError)
        -> WorkerProcessHandle
    {
        let ends: (Channel, Channel)
        do { ends = try Channel.pair() } catch { throw SystemError("make a socket pair") }
        defer { ends.1.close() }
        do throws(SystemError) {
            let pid = try ChildProcess.spawn(
                "/proc/self/exe", ["sluice-worker"] + arguments, environment, channel: ends.1.descriptor,
                gauges: gauges)
            return WorkerProcessHandle(pid: pid, channel: ends.0)
        } catch {
            ends.0.close()
            throw error
        }
    }

    func kill() { Glibc.kill(self.pid, SIGKILL) }
}
