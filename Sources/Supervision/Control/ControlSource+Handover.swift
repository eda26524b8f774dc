import ControlProtocol

/// One replica, two processes: the state folder and the control plane's attention belong to one of them at a time.
extension ControlSource {
    /// Writes down what is served, for a successor that starts from it.
    func flush(_ content: SnapshotContent) { if self.ownsFolder { self.keeper.keepNow(content) } }

    /// A successor speaks with the control plane and has the folder from here on.
    func retire() {
        self.ownsFolder = false
        self.isRetired = true
        self.keeper.stop()
        self.link.stop()
    }

    /// The folder is this process's from here on.
    func takeCharge(_ content: SnapshotContent?) {
        self.ownsFolder = true
        if let content { self.keeper.keep(content) }
    }
}
