import Logging
import Storage

extension ControlState {
    /// After a restore from a backup, replicas serve versions that this database has never heard of: makes the latest
    /// content a version above the one that the replica serves.
    func jump(above poll: PollRequest) async {
        guard poll.identity == self.identity, let served = poll.version else { return }
        switch self.jumps.decide(above: served, latest: self.latest.number, at: self.now().uptime) {
        case .none: break
        case .jump: await self.jump(above: served, for: poll)
        case .absurd: self.complain("A replica claims a version that cannot be", poll, served)
        case .tooOften: self.complain("Replicas claim unknown versions too often", poll, served)
        }
    }

    private func jump(above served: Int64, for poll: PollRequest) async {
        let actor = Actor(name: "sluice-control", role: "none", source: poll.source, requestID: poll.requestID)
        var request = WriteRequest(
            actor, action: "restore.jump", subject: "replica \(poll.replica)",
            message: "A replica serves version \(served), which this database does not have: was it restored?",
            changes: [])
        request.above = served
        let before = self.latest.number
        do throws(Refusal) {
            let outcome = try await self.write(request)
            self.logger.warning(
                "Replicas serve versions that this database does not have; the numbers go on above them",
                metadata: [
                    "replica": "\(poll.replica)", "served": "\(served)", "before": "\(before)",
                    "version": "\(outcome.version)",
                ])
        } catch {
            self.jumps.failed()
            self.logger.error("No version above a replica's could be made", metadata: ["error": "\(error.detail)"])
        }
    }

    private func complain(_ message: Logger.Message, _ poll: PollRequest, _ served: Int64) {
        self.logger.error(
            message,
            metadata: [
                "replica": "\(poll.replica)", "source": "\(poll.source)", "served": "\(served)",
                "latest": "\(self.latest.number)",
            ])
    }
}
