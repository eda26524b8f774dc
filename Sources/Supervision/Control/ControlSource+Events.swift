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
        case .update(let update, let bytes):
            self.connected()
            return self.judge(PendingUpdate(update: update, bytes: bytes, origin: .control), at: now)
        }
        return nil
    }

    private func connected() {
        guard !self.isConnected else { return }
        self.log.info("the control plane answers")
        self.isConnected = true
        self.lastFailure = nil
        // One that was restarted knows nothing of this replica yet.
        self.report(nil)
    }

    private func judge(_ offered: PendingUpdate, at now: Instant) -> PendingUpdate? {
        let update = offered.update
        switch self.policy.judge(.init(identity: update.identity, from: update.from, version: update.version)) {
        case .install:
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
                "this is another control plane; nothing is taken from it. Start with --adopt-identity to change over",
                ["identity": .string(update.identity), "expected": .string(expected)])
            self.complain("another control plane's identity; the operator must say --adopt-identity", at: now)
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
