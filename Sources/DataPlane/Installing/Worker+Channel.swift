import Glibc
import Reactor

extension Worker {
    /// How long a worker whose supervisor died goes on with what it has.
    private static let orphanTimeout: UInt64 = 30_000

    /// Takes every message that waits.
    func readChannel() {
        while true {
            do throws(ChannelError) {
                guard let (message, descriptors) = try self.channel.receive() else { return }
                self.receive(message, descriptors)
            } catch {
                self.poller.remove(self.channel.descriptor)
                return self.startDraining(delay: 0, timeout: Self.orphanTimeout)
            }
        }
    }

    private func receive(_ message: ChannelMessage, _ descriptors: [Int32]) {
        switch message {
        case .prepare(let version): self.prepare(version, descriptors)
        case .sockets(let addresses): self.installation.hold(descriptors, for: addresses)
        case .commit(let version): self.commit(version)
        case .abort: self.abortInstallation()
        case .metrics: self.reportMetrics()
        case .upstreams(let states): self.take(states)
        case .keySet(let uri, let failure): self.take(keySet: uri, failure: failure, descriptors)
        case .drain(let delay, let timeout, let isReplaced):
            self.startDraining(delay: delay, timeout: timeout, isReplaced: isReplaced)
        case .ticketKeys(let keys): self.ticketKeys.install(keys)
        case .ready, .alive, .prepared, .rejected, .committed, .metricsReport, .drained, .ejection, .keySetWanted,
            .firewallEvent:
            self.counters.invariantBroken += 1
        }
    }

    /// Tells the supervisor. One that does not read any more is noticed when the channel closes.
    func report(_ message: ChannelMessage, descriptors: [Int32] = []) {
        do throws(ChannelError) {
            try self.channel.send(message, descriptors: descriptors)
        } catch {
            return
        }
    }
}
