import ControlProtocol
import GatewayModel

extension ControlSource {
    /// Returns what is to be installed.
    func take(_ event: ControlEvent, at now: Instant) -> PendingUpdate? {
        switch event {
        case .unchanged:
            self.connected()
            self.policy.answered()
            self.ask(at: now)
        case .token(let token):
            self.log.info("the token's file has another token, which is used from now on")
            self.keeper.seal(with: token, isOurs: self.ownsFolder)
        case .reported(let sequence): self.firewalls.arrived(upTo: sequence)
        case .failed(let reason):
            self.isConnected = false
            if self.lastFailure != reason {
                self.log.warning("no news from the control plane", ["reason": .string(reason)])
            }
            self.lastFailure = reason
            self.pause(at: now)
        case .damaged(let reason):
            self.connected()
            self.damagedSnapshots += 1
            self.log.error("snapshot from the control plane refused", ["reason": .string(reason)])
            self.complain("a snapshot came damaged: \(reason)", at: now)
        case .update(let update, let bytes, let adopts):
            self.connected()
            return self.judge(PendingUpdate(update: update, bytes: bytes, origin: .control), adopts, at: now)
        }
        return nil
    }

    /// A firewall found something: the control plane hears of it at once, but for what came within the same second.
    func take(_ event: JSONObject, dropped: Int64, at now: Instant) {
        if self.firewalls.take(event, dropped: dropped) { return }
        self.log.error("a worker process sent an event of a firewall that is too long")
    }

    private func connected() {
        guard !self.isConnected else { return }
        self.log.info("the control plane answers")
        self.isConnected = true
        self.lastFailure = nil
        // One that was restarted knows nothing of this replica yet.
        self.report(nil)
    }

    private func judge(_ offered: PendingUpdate, _ adopts: String?, at now: Instant) -> PendingUpdate? {
        let update = offered.update
        let offer = PollPolicy.Offer(
            identity: update.identity, from: update.from, version: update.version, adopts: adopts)
        switch self.policy.judge(offer) {
        case .install:
            self.policy.answered()
            return offered
        case .changeOver(let former):
            self.log.warning(
                "another control plane takes over this replica, as its operator has said there",
                ["identity": .string(update.identity), "former": .string(former)])
            self.policy.answered()
            return offered
        case .askForFull:
            self.policy.requireFull()
            self.pause(at: now)
        case .lowerVersion(let served):
            self.log.error(
                "the control plane offers a lower version than the one served; it is ignored",
                ["offered": .integer(update.version), "served": .integer(served)])
            self.complain("a version lower than the one served was offered and ignored", at: now)
        case .foreignIdentity(let expected):
            self.log.error(
                "this is another control plane; nothing is taken from it until it adopts this replica's identity",
                ["identity": .string(update.identity), "expected": .string(expected)])
            self.complain(
                """
                it serves the configuration of another control plane, \(expected), and takes nothing from this one until \
                the operator says so: POST /v1/replicas/adopt here, or --adopt-identity there
                """, at: now)
        }
        return nil
    }

    private func complain(_ message: String, at now: Instant) {
        self.state = "rejected"
        self.errors = [RejectedResource(key: nil, message: message)]
        self.report(nil)
        self.pause(at: now)
    }
}
