import GatewayModel

/// How far a version has come, as the control plane says.
struct Rollout {
    let body: JSON

    var isComplete: Bool { self.body["complete"] == true }

    /// Waiting longer changes nothing: whoever does not serve it has refused it.
    var isSettled: Bool {
        self.isComplete || (!self.laggards.isEmpty && self.laggards.allSatisfy { Self.state($0) == "rejected" })
    }

    /// The live replicas that do not serve the version or a later one.
    var laggards: [JSON] {
        self.body.list("replicas").filter { !["applied", "stale"].contains(Self.state($0)) }
    }

    /// Complete, for there is nobody who could lag: nobody serves it either.
    var isUnserved: Bool { self.body.list("replicas").allSatisfy { Self.state($0) == "stale" } }

    /// "version 12: served by 3 of 5 live replicas"
    var summary: String {
        let live = self.body.list("replicas").filter { Self.state($0) != "stale" }.count
        let served = live - self.laggards.count
        let replicas = live == 1 ? "1 live replica" : "\(live) live replicas"
        guard live > 0 else { return "version \(self.number): no live replica" }
        guard served < live else { return "version \(self.number): served by \(live == 1 ? "" : "all ")\(replicas)" }
        return "version \(self.number): served by \(served) of \(replicas)"
    }

    /// - Throws: the laggards, with why they refused it.
    func requireComplete() throws(CommandFailure) {
        guard !self.isComplete else { return }
        let laggards = self.laggards.map { replica in
            let errors = replica.errorText.map { ": \($0)" } ?? ""
            return "  \(replica["id"].shown): \(Self.state(replica))\(errors)"
        }
        throw CommandFailure(
            .rolloutUnfinished, ["\(self.summary); not every replica did in time:"] + laggards)
    }

    private var number: Int64 { self.body["version"]?.integerValue ?? 0 }

    private static func state(_ replica: JSON) -> String { replica["state"]?.stringValue ?? "pending" }
}

extension JSON {
    /// Why a replica refused what it was offered; `nil` when it did not.
    var errorText: String? {
        let errors = self.list("errors").map { error in
            "\(error.keyText.map { "\($0): " } ?? "")\(error["message"].shown)"
        }
        return errors.isEmpty ? nil : errors.joined(separator: "; ")
    }
}
