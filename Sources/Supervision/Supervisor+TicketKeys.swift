import DataPlane
import GatewayModel

extension Supervisor {
    /// Once an hour there is a new key, and every worker learns of it.
    func rotateTicketKeysWhenDue(at now: Instant) {
        guard self.ticketKeys.isDue(at: now), !self.drain.isDraining else { return }
        self.ticketKeys.rotate(to: self.newTicketKey(), at: now)
        for index in self.readyWorkers.sorted() { self.giveTicketKeys(to: index, at: now) }
    }

    func giveTicketKeys(to index: Int, at now: Instant) {
        self.send(.ticketKeys(self.ticketKeys.keys), to: index, at: now)
    }

    /// Empty when the kernel has no random bytes to give.
    private func newTicketKey() -> [UInt8] {
        do throws(SystemError) {
            return try randomBytes(TicketKeyRing.keyBytes)
        } catch {
            self.log.error("session tickets keep their keys", ["error": .string(error.message)])
            return []
        }
    }
}
