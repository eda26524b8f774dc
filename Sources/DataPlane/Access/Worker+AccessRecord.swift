import AccessControl
import GatewayModel
import HTTPWire
import Reactor

/// What access rules have come to, for metrics.
struct AccessCounters {
    struct Refusal: Hashable {
        let policy: String
        let reason: Reason
        let isObserved: Bool
    }

    struct Service {
        var asked: UInt64 = 0
        /// Without an answer that says anything.
        var failed: UInt64 = 0
    }

    var refusals: [Refusal: UInt64] = [:]
    /// By policy.
    var services: [String: Service] = [:]
}

extension Worker {
    /// Of what observing policies would have refused a line shows so many, and of each text so many bytes.
    private static let shown = (refusals: 8, bytes: 128)
    /// What the rest of a line may need.
    private static let lineRest = 256

    // MARK: Counting

    func countRefusal(_ policy: String, _ reason: Reason, isObserved: Bool) {
        self.access.counters.refusals[.init(policy: policy, reason: reason, isObserved: isObserved), default: 0] += 1
    }

    func countObserved(_ state: AccessState) {
        for (policy, reason) in state.findings.observed { self.countRefusal(policy, Reason(reason), isObserved: true) }
    }

    func accessSamples() -> [MetricSample] {
        let refusals = self.access.counters.refusals.map { refusal, count in
            MetricSample(
                "sluice_policy_refusals_total",
                [
                    .init("policy", refusal.policy), .init("reason", refusal.reason.code.description),
                    .init("decision", refusal.isObserved ? "observed" : "refused"),
                ], value: Double(count))
        }
        let services = self.access.counters.services.flatMap { policy, counters in
            [("asked", counters.asked), ("failed", counters.failed)].filter { $0.1 > 0 }.map { result, count in
                MetricSample(
                    "sluice_ext_auth_requests_total", [.init("policy", policy), .init("result", result)],
                    value: Double(count))
            }
        }
        return refusals + services
    }

    // MARK: The access log

    /// Adds who called and what policies said to the exchange's line; what has no room is left out.
    @inline(never)
    func writePolicies(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        var attempt = writer
        let (access, traffic) = (exchange.access, exchange.traffic)
        if let policy = traffic?.refusedBy ?? access?.refusal?.policy, !policy.isEmpty {
            attempt.append(",\"policy\":")
            self.writeShown(policy, into: &attempt)
        }
        if let access { self.writeCaller(access, into: &attempt) }
        let seen = access?.findings.observed.map { ($0.policy, Reason($0.reason)) } ?? []
        self.writeObserved(seen + (traffic?.observed ?? []), into: &attempt)
        if !attempt.isOverrun, attempt.remaining >= Self.lineRest { writer = attempt }
    }

    private func writeCaller(_ state: AccessState, into writer: inout ByteWriter) {
        if let consumer = state.findings.consumer {
            writer.append(",\"consumer\":")
            self.writeShown(consumer.name, into: &writer)
        }
        if let subject = state.findings.claims?.value(at: ["sub"])?.stringValue {
            writer.append(",\"subject\":")
            self.writeShown(subject, into: &writer)
        }
    }

    private func writeObserved(_ seen: [(policy: String, reason: Reason)], into writer: inout ByteWriter) {
        guard !seen.isEmpty else { return }
        writer.append(",\"observed\":[")
        for (place, refusal) in seen.prefix(Self.shown.refusals).enumerated() {
            writer.append(place == 0 ? "{\"policy\":" : ",{\"policy\":")
            self.writeShown(refusal.policy, into: &writer)
            writer.append(",\"reason\":\"")
            writer.append(refusal.reason.code)
            writer.append("\"}")
        }
        writer.append("]")
    }

    private func writeShown(_ text: String, into writer: inout ByteWriter) {
        let bytes = text.utf8.span
        writer.append(quoted: bytes.extracting(first: min(bytes.count, Self.shown.bytes)))
    }
}
