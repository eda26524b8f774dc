import Logging
import Storage

extension ControlState {
    /// The audit record of something that makes no version.
    func auditEntry(
        by actor: Actor, _ action: String, on subject: String?, message: String? = nil
    ) -> AuditEntry {
        AuditEntry(
            time: self.now().wall, actor: actor.name, role: actor.role, action: action, subject: subject,
            source: actor.source, requestID: actor.requestID, versionBefore: self.latest.number,
            versionAfter: self.latest.number, message: message)
    }

    /// Changes something in the database that is no version. What the database cannot do becomes a refusal.
    ///
    /// - Parameter body: must write the audit record in the transaction of the change.
    func change<Result>(
        by actor: Actor, _ body: (ConfigurationDatabase) throws(StorageError) -> Result
    ) throws(Refusal) -> Result {
        try actor.standing.check()
        do throws(StorageError) {
            let result = try body(self.database)
            self.storageProblem = nil
            self.database.checkpointIfDue()
            return result
        } catch {
            self.storageProblem = error.description
            self.logger.error("A change could not be made durable", metadata: ["error": "\(error)"])
            throw Refusal(error)
        }
    }
}
