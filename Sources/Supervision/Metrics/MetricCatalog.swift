/// What is told about each metric: its type and a sentence, for the `# HELP` and `# TYPE` lines.
enum MetricCatalog {
    enum Kind: String { case counter, gauge, histogram, untyped }

    struct Entry {
        let kind: Kind
        let help: String
    }

    static let entries: [String: Entry] = [
        "sluice_requests_total": Entry(kind: .counter, help: "Requests answered, by listener and status code."),
        "sluice_upstream_requests_total": Entry(
            kind: .counter, help: "Exchanges with upstreams, by upstream and status code."),
        "sluice_upstream_retries_total": Entry(
            kind: .counter, help: "Tries after the first, by upstream, as routes ask for them."),
        "sluice_policy_refusals_total": Entry(
            kind: .counter,
            help: "Requests that auth policies refused, or would have refused were they not only observing."),
        "sluice_waf_requests_total": Entry(
            kind: .counter, help: "Requests that firewalls were asked about, by policy and what became of them."),
        "sluice_waf_matches_total": Entry(kind: .counter, help: "Matches of firewall rules, by policy and rule."),
        "sluice_waf_scan_seconds": Entry(kind: .histogram, help: "Time that scans by the rules of firewalls took."),
        "sluice_ext_auth_requests_total": Entry(
            kind: .counter, help: "Questions to authorization services, by policy and what became of them."),
        "sluice_mirror_requests_total": Entry(
            kind: .counter, help: "Copies of requests, by the upstream they are for and what became of them."),
        "sluice_endpoint_ejections_total": Entry(
            kind: .counter, help: "Times that requests showed an endpoint to be broken, by upstream."),
        "sluice_request_duration_seconds": Entry(
            kind: .histogram, help: "Time from the first byte of a request to the last byte of its answer."),
        "sluice_connections": Entry(kind: .gauge, help: "Open connections, by side."),
        "sluice_active_requests": Entry(kind: .gauge, help: "Requests in flight."),
        "sluice_connections_refused_total": Entry(
            kind: .counter, help: "Connections turned away because a listener had its most."),
        "sluice_openings_refused_total": Entry(
            kind: .counter,
            help: "Connections that ended before HTTP began: no TLS, a bad PROXY header, or too slow."),
        "sluice_tls_handshakes_total": Entry(kind: .counter, help: "TLS handshakes of clients, by result."),
        "sluice_invariant_broken_total": Entry(
            kind: .counter, help: "Events that the program holds impossible; each is a bug."),
        "sluice_log_dropped_total": Entry(kind: .counter, help: "Access log lines that could not be written."),
        "sluice_gateway_answers_total": Entry(
            kind: .counter, help: "Answers that the gateway made itself, by reason."),
        "sluice_config_version": Entry(
            kind: .gauge, help: "The configuration version that all worker processes serve."),
        "sluice_control_connected": Entry(
            kind: .gauge, help: "Whether the control plane answered the last call (1) or not (0)."),
        "sluice_snapshot_rejected_total": Entry(
            kind: .counter, help: "Snapshots that were refused: damaged, not compiling, or not to be put in force."),
        "sluice_worker_respawns_total": Entry(kind: .counter, help: "Worker processes started after one had died."),
        "sluice_upgrades_total": Entry(
            kind: .counter, help: "Upgrades of the binary (SIGUSR2), by result; a successor goes on counting."),
        "sluice_endpoint_healthy": Entry(
            kind: .gauge,
            help: "Whether an endpoint is healthy (1) or was found not to be, by probes or by any worker (0)."),
        "sluice_endpoint_probes_total": Entry(
            kind: .counter, help: "Probes of an upstream's endpoints, by result."),
        "sluice_discovery_endpoints": Entry(kind: .gauge, help: "Endpoints that were discovered, by upstream."),
        "sluice_discovery_failures_total": Entry(
            kind: .counter, help: "Lookups of an upstream's name that came to nothing usable."),
        "sluice_rate_limit_requests_total": Entry(
            kind: .counter, help: "Requests that rate limits have counted, by policy and what became of them."),
        "sluice_concurrency_waiting": Entry(
            kind: .gauge, help: "Requests that wait for others to end, by policy."),
        "sluice_concurrency_uncounted_total": Entry(
            kind: .counter,
            help: "Requests that passed limits on those under way because there was no room to count them."),
        "sluice_rate_limit_keys": Entry(kind: .gauge, help: "Places in the memory of rate limits that have a key."),
        "sluice_rate_limit_evictions_total": Entry(
            kind: .counter, help: "Keys of rate limits that were forgotten too early because the memory is full."),
        "sluice_rate_limit_uncounted_total": Entry(
            kind: .counter,
            help: "Requests that passed uncounted because the memory is full of keys that are being refused."),
        "sluice_rate_limit_store_requests_total": Entry(
            kind: .counter, help: "Questions to the store of global limits, by what became of them."),
        "sluice_rate_limit_store_connected": Entry(
            kind: .gauge, help: "Worker processes that have a connection to the store of global limits."),
        "sluice_workers": Entry(kind: .gauge, help: "Worker processes, by state."),
    ]

    /// The name of the family that a sample belongs to: histograms have three kinds of samples.
    static func family(of sample: String) -> String {
        for suffix in ["_bucket", "_sum", "_count"] where sample.hasSuffix(suffix) {
            let base = String(sample.dropLast(suffix.count))
            if Self.entries[base]?.kind == .histogram { return base }
        }
        return sample
    }

    /// Whether the samples of a name only ever grow, so that those of a dead process must be kept.
    static func isCumulative(_ sample: String) -> Bool {
        switch Self.entries[Self.family(of: sample)]?.kind {
        case .counter, .histogram: true
        case .gauge, .untyped: false
        case nil: sample.hasSuffix("_total")
        }
    }
}
