import DataPlane
import GatewayModel
import Glibc

/// Handing over to a successor.
extension Supervisor {
    func requestUpgrade(at now: Instant) {
        let action = self.upgrade.request(
            isInstalling: !self.install.isIdle, isEnding: !self.drain.isRunning, isInCharge: self.isInCharge, at: now)
        self.perform(action, at: now)
    }

    func perform(_ action: UpgradeMachine.Action, at now: Instant) {
        switch action {
        case .wait: break
        case .start: self.startSuccessor(at: now)
        case .ignore(let refusal):
            self.log.warning("SIGUSR2 is ignored", ["reason": .string(refusal.rawValue)])
        case .giveUp(let reason): self.giveUpUpgrade(reason)
        case .abandon: self.dropSuccessor()
        case .handOver: self.handOver(at: now)
        }
    }

    private func startSuccessor(at now: Instant) {
        self.source.flush(self.store.served?.content)
        do throws(SystemError) {
            let successor = try Successor.spawn(
                self.settings.program, self.settings.arguments, self.settings.environment)
            self.successor = successor
            self.log.info(
                "upgrade starts",
                ["program": .string(self.settings.program), "pid": .integer(Int64(successor.pid))])
            self.bequeath(to: successor, at: now)
        } catch {
            self.perform(self.upgrade.ended(error.message), at: now)
        }
    }

    private func bequeath(to successor: Successor, at now: Instant) {
        var inheritance = Inheritance(
            sockets: self.sockets.open, lock: self.source.lock, ticketKeys: self.ticketKeys, upgrades: self.upgrades,
            isServing: self.store.served != nil, identity: self.source.ownIdentity, upstreams: self.watch.known,
            keySets: KnownKeySets(self.keySets))
        if let listener = self.admin.listener { inheritance.setAdmin(listener, self.settings.admin) }
        do throws(ChannelError) {
            try successor.bequeath(inheritance, at: now)
        } catch {
            self.perform(self.upgrade.ended("it takes no messages: \(error)"), at: now)
        }
    }

    func readSuccessor(at now: Instant) {
        while let successor {
            do throws(ChannelError) {
                guard let message = try successor.nextMessage() else { return }
                if message == .ready { self.perform(self.upgrade.ready(), at: now) }
            } catch {
                // How it ended says more, if it has ended by now.
                self.reapSuccessor(at: now)
                self.perform(self.upgrade.ended("its channel is of no use: \(error)"), at: now)
            }
        }
    }

    /// SIGCHLD: perhaps the successor has ended.
    func reapSuccessor(at now: Instant) {
        guard let successor, let ending = ChildProcess.reap(successor.pid) else { return }
        successor.channel.close()
        self.successor = nil
        self.perform(self.upgrade.ended(ending), at: now)
    }

    private func giveUpUpgrade(_ reason: String) {
        self.upgrades.failed += 1
        self.log.error("upgrade failed, this process serves on", ["reason": .string(reason)])
        self.dropSuccessor()
    }

    /// Its workers see that their supervisor is gone, and drain.
    private func dropSuccessor() {
        guard let successor else { return }
        kill(successor.pid, SIGKILL)
        successor.channel.close()
        self.zombies.insert(successor.pid)
        self.successor = nil
    }

    /// The successor serves: everything that only one process can have is its own from here on.
    private func handOver(at now: Instant) {
        guard let successor else { return }
        self.admin.stopListening()
        self.source.retire()
        // Before the word to take over: the service manager believes only the process that it knows.
        self.serviceManager.notify("MAINPID=\(successor.pid)")
        do throws(ChannelError) {
            try successor.channel.send(packet: HandoverMessage.takeOver.encoded())
        } catch {
            self.log.warning("the successor could not be told to take over", ["error": .string("\(error)")])
        }
        // A reload that was asked for meanwhile.
        if case .file = self.source, self.pending != nil { kill(successor.pid, SIGHUP) }
        successor.channel.close()
        self.successor = nil
        self.log.info("the successor serves, this process ends", ["successor": .integer(Int64(successor.pid))])
        self.perform(self.drain.retire(at: now), at: now)
    }
}
