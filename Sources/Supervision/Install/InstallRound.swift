import ControlProtocol

/// An update that waits to be installed.
struct PendingUpdate: Sendable {
    enum Origin: String, Sendable { case disk, file, control }

    let update: SnapshotUpdate
    /// The update as it travels to the workers, when it is at hand.
    let bytes: [UInt8]?
    let origin: Origin
    /// What a full update comes to, when this process has put it together; one from elsewhere is applied and checked.
    var content: SnapshotContent?
}

/// What the install machine's round is about.
enum InstallRound {
    /// A new version, in all workers that are there.
    case new(PendingUpdate)
    /// The served version, in workers that came later.
    case catchUp
}
