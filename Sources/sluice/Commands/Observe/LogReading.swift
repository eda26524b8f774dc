import GatewayModel

/// How far a log was read. A control plane that begins anew numbers its lines from 1 again.
struct LogReading {
    /// What to ask on after.
    private(set) var next: Int64 = 0
    private var lastTime = ""
    /// After an interruption: what was shown before it is not shown again.
    private var shownUntil = ""
    private var isLost = false

    /// - Returns: the lines that were not shown yet.
    mutating func take(_ page: JSON) -> [JSON] {
        let lines = page.list("items").filter { $0["time"].shown > self.shownUntil }
        self.lastTime = lines.last?["time"].shown ?? self.lastTime
        self.next = page["next"]?.integerValue ?? self.next
        self.isLost = false
        return lines
    }

    /// Nobody answers: whoever does next is asked for all that it has.
    ///
    /// - Returns: whether that is news.
    mutating func lose() -> Bool {
        defer { self.isLost = true }
        self.next = 0
        self.shownUntil = self.lastTime
        return !self.isLost
    }
}
