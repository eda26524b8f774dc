import ControlProtocol
import DataPlane
import GatewayModel
import Glibc

/// Taking over from a predecessor.
extension Supervisor {
    /// Whether the admin port, the state folder and the service manager's attention are this process's own.
    var isInCharge: Bool { self.predecessor == nil }

    /// Tells whoever waits for it that this replica serves, once.
    func announceWhenServing() {
        if let predecessor {
            guard !predecessor.knowsReady, self.canTakeOver(from: predecessor) else { return }
            self.predecessor?.knowsReady = true
            do throws(ChannelError) {
                try predecessor.channel.send(packet: HandoverMessage.ready.encoded())
            } catch {
                self.log.warning("the predecessor could not be told", ["error": .string("\(error)")])
            }
        } else if !self.isAnnounced, self.isReady {
            self.isAnnounced = true
            self.serviceManager.notify("READY=1\nMAINPID=\(getpid())")
        }
    }

    /// All workers serve; where nothing was served before, it is enough that they run.
    private func canTakeOver(from predecessor: Predecessor) -> Bool {
        guard let version = self.store.served?.content.version else {
            return !predecessor.wasServing && self.readyWorkers.count == self.slots.count
        }
        return self.install.isIdle && self.slots.allSatisfy { $0.live?.version == version }
    }

    func readPredecessor(at now: Instant) {
        while let predecessor {
            do throws(ChannelError) {
                guard let (message, descriptors) = try predecessor.nextMessage() else { return }
                for descriptor in descriptors { close(descriptor) }
                if message == .takeOver { self.takeCharge("it handed over") }
            } catch {
                self.takeCharge("it is gone: \(error)")
            }
        }
    }

    private func takeCharge(_ reason: String) {
        guard let predecessor else { return }
        self.upgrades.succeeded += 1
        self.log.info("this process has taken over from its predecessor", ["reason": .string(reason)])
        predecessor.channel.close()
        self.predecessor = nil
        self.source.takeCharge(self.store.served?.content)
    }
}
