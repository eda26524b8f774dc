import DataPlane
import GatewayModel

extension Supervisor {
    /// Once an hour there is a new key, and every worker learns of it.
    func rotateTicketKeysWhenDue(at now: Instant) {
        guard self.ticketKeys.isDue(at: now), !self.drain.isDraining else { return }
        do throws(SystemError) {
            self.ticketKeys.rotate(to: try randomBytes(TicketKeyRing.keyBytes), at: now)
        } catch {
            self.log.error("session tickets keep their keys", ["error": .string(error.message)])
            return
        }
        for index in self.readyWorkers.sorted() { self.giveTicketKeys(to: index, at: now) }
    }

    func giveTicketKeys(to index: Int, at now: Instant) {
        self.send(.ticketKeys(self.ticketKeys.keys), to: index, at: now)
    }
}
