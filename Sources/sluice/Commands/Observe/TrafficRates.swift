import Foundation
import GatewayModel

/// Rates out of the sums that replicas report, by the clock of the replica: looking more often changes nothing.
struct TrafficRates {
    private struct Report: Equatable {
        var uptime: Int64
        var requests: Int64
        var errors: Int64
    }

    private var replicas: [JSON] = []
    private var reports: [String: (before: Report?, now: Report)] = [:]

    /// What the replicas said by now.
    mutating func add(_ replicas: [JSON]) {
        self.replicas = replicas
        var reports: [String: (before: Report?, now: Report)] = [:]
        for replica in replicas {
            guard let id = replica["id"]?.stringValue, let report = Self.report(replica) else { continue }
            reports[id] = Self.next(self.reports[id], report)
        }
        self.reports = reports
    }

    /// One for each replica, with its rates.
    var rows: [JSON] {
        self.replicas.map { replica in
            let (requests, errors) = self.rates(replica["id"]?.stringValue ?? "")
            return [
                "id": replica["id"] ?? .null, "state": replica["state"] ?? .null,
                "version": replica["version"] ?? .null,
                "requestsPerSecond": requests.map(JSON.double) ?? .null,
                "errorsPerSecond": errors.map(JSON.double) ?? .null,
                "activeRequests": replica["traffic"]?["activeRequests"] ?? .null,
                "requests": replica["traffic"]?["requests"] ?? .null,
                "responses5xx": replica["traffic"]?["responses5xx"] ?? .null,
            ]
        }
    }

    /// The sums of what live replicas do.
    var headline: String {
        let live = self.replicas.filter { $0["state"] != "stale" }
        let rates = live.map { self.rates($0["id"]?.stringValue ?? "") }
        let requests = rates.reduce(0) { $0 + ($1.requests ?? 0) }
        let errors = rates.reduce(0) { $0 + ($1.errors ?? 0) }
        let active = live.reduce(0) { $0 &+ ($1["traffic"]?["activeRequests"]?.integerValue ?? 0) }
        return String(
            format: "%d of %d replicas live, %.1f requests/s, %.1f 5xx/s, %d active", live.count, self.replicas.count,
            requests, errors, Int(clamping: active))
    }

    /// Between the last two reports; since its start for a replica with one.
    private func rates(_ id: String) -> (requests: Double?, errors: Double?) {
        guard let (before, now) = self.reports[id] else { return (nil, nil) }
        let start = before ?? Report(uptime: 0, requests: 0, errors: 0)
        let seconds = Double(now.uptime &- start.uptime)
        guard seconds > 0 else { return (nil, nil) }
        return (Double(now.requests &- start.requests) / seconds, Double(now.errors &- start.errors) / seconds)
    }

    /// A replica that began anew, or says the same again, is no new report.
    private static func next(_ known: (before: Report?, now: Report)?, _ report: Report) -> (
        before: Report?, now: Report
    ) {
        guard let known, report.uptime >= known.now.uptime, report.requests >= known.now.requests else {
            return (nil, report)
        }
        return report.uptime == known.now.uptime ? (known.before, report) : (known.now, report)
    }

    private static func report(_ replica: JSON) -> Report? {
        guard let uptime = replica["uptimeSeconds"]?.integerValue, let traffic = replica["traffic"] else { return nil }
        return Report(
            uptime: uptime, requests: traffic["requests"]?.integerValue ?? 0,
            errors: traffic["responses5xx"]?.integerValue ?? 0)
    }
}
