import ControlProtocol
import DataPlane
import GatewayModel

extension Supervisor {
    /// Whether the replica takes traffic: all workers have served once, one does now, and the end has not begun.
    var isReady: Bool {
        guard self.drain.isRunning, let version = self.store.served?.content.version else { return false }
        let serving = self.slots.filter { $0.live?.version == version }.count
        if serving == self.slots.count { self.wasReady = true }
        return self.wasReady && self.slots.contains { $0.live?.version != nil }
    }

    func serve(_ descriptor: Int32, at now: Instant) {
        guard let connection = self.admin.connections[descriptor] else { return }
        if connection.waitsForRoom == true {
            connection.write()
        } else if let request = connection.read(), let answer = self.answer(request, from: descriptor, at: now) {
            connection.answer(answer, at: now)
        }
        self.admin.sweep(at: now)
    }

    /// `nil` when the answer comes later.
    private func answer(_ request: AdminRequest, from descriptor: Int32, at now: Instant) -> AdminAnswer? {
        switch request {
        case .incomplete: return nil
        case .refused(let status): return .problem(status, "bad-request", "The request is not understood.")
        case .call(_, _, let host) where !self.admin.hosts.accepts(host):
            return .problem(421, "misdirected", "This port answers to loopback names and to its own address only.")
        case .call("GET", let path, _), .call("HEAD", let path, _): return self.read(path, from: descriptor, at: now)
        case .call("POST", "/drain", _):
            self.log.info("asked to stop", ["by": "admin port"])
            self.stop(at: now)
            return .json(["state": "draining"], status: 202)
        case .call(let method, _, _): return .problem(405, "method-not-allowed", "\(method) is not possible here.")
        }
    }

    private func read(_ path: String, from descriptor: Int32, at now: Instant) -> AdminAnswer? {
        switch path {
        case "/livez": return .text("ok\n")
        case "/readyz": return self.readiness()
        case "/config": return .json(self.configuration())
        case "/metrics":
            self.askForMetrics(.connection(descriptor), at: now)
            return nil
        case "/drain": return .problem(405, "method-not-allowed", "Draining takes a POST.")
        default:
            return .problem(404, "not-found", "There are /livez, /readyz, /metrics, /config and POST /drain here.")
        }
    }

    private func readiness() -> AdminAnswer {
        if self.isReady { return .text("ok\n") }
        let reason = self.drain.isRunning ? "not all worker processes serve a configuration yet" : "draining"
        return .problem(503, "not-ready", "Not ready: \(reason).")
    }

    private func configuration() -> JSON {
        let content = self.store.served?.content
        let workers = self.slots.map { slot -> JSON in
            [
                "worker": .integer(Int64(slot.index)),
                "pid": slot.live.map { .integer(Int64($0.process.pid)) } ?? .null,
                "version": slot.live?.version.map { .integer($0) } ?? .null,
            ]
        }
        let entries = content?.entries.sorted { $0.resource.key < $1.resource.key } ?? []
        let resources = entries.map { entry -> JSON in
            ["kind": .string(entry.resource.key.kind.rawValue), "document": entry.resource.redacted]
        }
        return [
            "replica": .string(self.settings.replica),
            "version": content.map { .integer($0.version) } ?? .null,
            "digest": content.map { .string($0.digest) } ?? .null,
            "workers": .array(workers),
            "resources": .array(resources),
        ]
    }
}
