import DataPlane
import Testing

@testable import Supervision

@Suite("Metrics of a replica")
struct MetricsTests {
    private static func requests(_ count: Double, code: String = "200") -> MetricSample {
        MetricSample("sluice_requests_total", [.init("listener", "web"), .init("code", code)], value: count)
    }

    private static let now = Instant(milliseconds: 0)

    @Test("Equal series of all workers are added up")
    func sums() {
        var collector = MetricsCollector()
        #expect(collector.ask(.status, workers: [0, 1], at: Self.now) == [0, 1])
        collector.reported(worker: 0, [Self.requests(3)])
        #expect(collector.result(at: Self.now) == nil)
        collector.reported(worker: 1, [Self.requests(4), Self.requests(1, code: "503")])
        let result = collector.result(at: Self.now)
        #expect(result?.askers == [.status])
        #expect(result?.sum.total("sluice_requests_total") == 8)
    }

    @Test("Who asks while a question is under way gets the same answer")
    func joins() {
        var collector = MetricsCollector()
        _ = collector.ask(.status, workers: [0], at: Self.now)
        #expect(collector.ask(.connection(4), workers: [0], at: Self.now).isEmpty)
        collector.reported(worker: 0, [])
        #expect(collector.result(at: Self.now)?.askers == [.status, .connection(4)])
    }

    @Test("Counters of a dead worker are kept, its gauges are not")
    func keepsCounters() {
        var collector = MetricsCollector()
        _ = collector.ask(.status, workers: [0], at: Self.now)
        collector.reported(worker: 0, [Self.requests(3), MetricSample("sluice_active_requests", value: 2)])
        collector.lost(worker: 0)
        let sum = collector.result(at: Self.now)?.sum
        #expect(sum?.total("sluice_requests_total") == 3)
        #expect(sum?.total("sluice_active_requests") == 0)
    }

    @Test("A silent worker does not hold up the answer for more than two seconds")
    func timesOut() {
        var collector = MetricsCollector()
        _ = collector.ask(.status, workers: [0], at: Self.now)
        #expect(collector.result(at: Self.now.advanced(by: 1_999)) == nil)
        #expect(collector.result(at: Self.now.advanced(by: 2_000)) != nil)
    }

    @Test("The text groups samples into families, with buckets in order and labels escaped")
    func text() {
        var sum = MetricSum()
        let name = "sluice_request_duration_seconds"
        sum.add([
            MetricSample("\(name)_bucket", [.init("le", "+Inf")], value: 3),
            MetricSample("\(name)_bucket", [.init("le", "10")], value: 2),
            MetricSample("\(name)_bucket", [.init("le", "0.5")], value: 1),
            MetricSample("\(name)_sum", value: 0.25),
            MetricSample("sluice_gateway_answers_total", [.init("reason", "a\"b\\c\n")], value: 1),
        ])
        #expect(
            sum.prometheusText() == """
                # HELP sluice_gateway_answers_total Answers that the gateway made itself, by reason.
                # TYPE sluice_gateway_answers_total counter
                sluice_gateway_answers_total{reason="a\\"b\\\\c\\n"} 1
                # HELP sluice_request_duration_seconds \
                Time from the first byte of a request to the last byte of its answer.
                # TYPE sluice_request_duration_seconds histogram
                sluice_request_duration_seconds_bucket{le="0.5"} 1
                sluice_request_duration_seconds_bucket{le="10"} 2
                sluice_request_duration_seconds_bucket{le="+Inf"} 3
                sluice_request_duration_seconds_sum 0.25

                """)
    }
}
