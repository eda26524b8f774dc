import AccessControl
import Reactor

/// A request that is not forwarded yet because something is to be found out, or to come, first. Its head is kept; when there is
/// an answer, or nobody waits for it any longer, the head is read again and the request goes on where it stopped.
///
/// One loop owns it.
final class Suspension {
    /// Requests that wait at once in one worker process. Each holds a head, and its client.
    static let mostAtOnce = 1024

    /// What is waited for.
    enum Wait {
        case access(AccessWait)
        case traffic(TrafficWait)
    }

    /// From the first wait until the request is forwarded.
    var head: Buffer?
    /// What was taken out of the head before it was routed.
    let reserved: ReservedFields?
    var wait: Wait?
    /// It is known, and the loop is to go on.
    var isAnswered = false
    /// Milliseconds on the loop's clock after which nobody waits any longer.
    var until: UInt64 = 0

    init(reserved: ReservedFields?) { self.reserved = reserved }
}

extension UnsafeMutablePointer<Exchange> {
    var suspension: Suspension? { self.pointee.suspension?._withUnsafeGuaranteedRef { $0 } }
}
