import Foundation

/// The admin listener could not be opened, for a reason that lies with its address.
struct ListenFailure: Error, CustomStringConvertible {
    let description: String

    /// - Returns: `nil` for errors that say something else.
    init?(address: AdminServer.Address, error: CInt) {
        let reason: String
        switch error {
        case EADDRINUSE: reason = "is in use by another process"
        case EADDRNOTAVAIL: reason = "is no address of this machine"
        case EACCES: reason = "may not be listened on by this user"
        default: return nil
        }
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        self.description = "\(host):\(address.port) (--admin) \(reason)"
    }
}
