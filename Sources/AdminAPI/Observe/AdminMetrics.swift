import GatewayModel
import Storage
import Synchronization

/// Counters of the control plane.
package final class AdminMetrics: Sendable {
    private struct Cells {
        var answers: [Int: Int] = [:]
        var version: Int64 = 0
        var counts: [ResourceKind: Int] = [:]
    }

    private let cells = Mutex(Cells())

    package init() {}

    func answered(status: Int) { self.cells.withLock { $0.answers[status, default: 0] += 1 } }

    func publish(_ live: borrowing LiveConfiguration) {
        let (version, counts) = (live.latest.number, live.counts)
        self.cells.withLock { cells in
            cells.version = version
            cells.counts = counts
        }
    }

    /// The Prometheus text format, version 0.0.4.
    func text(replicas: [Replica.State: Int]) -> String {
        let cells = self.cells.withLock { $0 }
        var text = PrometheusText()
        text.family("sluice_config_version", "gauge", "The latest version of the configuration")
        text.sample("sluice_config_version", [], cells.version)
        text.family("sluice_resources", "gauge", "Resources of the latest version")
        for kind in ResourceKind.allCases.sorted() {
            text.sample("sluice_resources", [("kind", kind.rawValue)], Int64(cells.counts[kind] ?? 0))
        }
        text.family("sluice_replicas", "gauge", "Replicas by their state towards the latest version")
        for state in Replica.State.allCases {
            text.sample("sluice_replicas", [("state", state.rawValue)], Int64(replicas[state] ?? 0))
        }
        text.family("sluice_admin_requests_total", "counter", "Calls of the admin API by status")
        for (status, count) in cells.answers.sorted(by: { $0.key < $1.key }) {
            text.sample("sluice_admin_requests_total", [("code", String(status))], Int64(count))
        }
        return text.text
    }
}

/// Writes samples as Prometheus reads them. Label values here are our own words and need no escaping.
private struct PrometheusText {
    private(set) var text = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        self.text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Int64) {
        let list = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        self.text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }
}
