import AccessControl
import Reactor

/// What a worker has for access rules, beside the requests themselves.
struct AccessDesk {
    let memory = AccessMemory()
    let passwords: PasswordDesk
    var consumers = AccessResources().directory
    /// What keeps `Worker.reservedFields`.
    var reserved: ReservedFields?
    /// Whose passwords are being checked, by job.
    var passwordWaiters: [UInt64: ExchangeRef] = [:]
    /// Who waits for the keys at a URL.
    var keyWaiters: [String: [ExchangeRef]] = [:]
    var counters = AccessCounters()

    init(_ wakeup: Wakeup) { self.passwords = PasswordDesk(wakeup) }
}
