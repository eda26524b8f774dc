import ControlProtocol
import GatewayModel
import Testing

@testable import Supervision

@Suite("What reports say of firewalls")
struct FirewallReportsTests {
    private func reports(_ count: Int, dropped: Int64 = 0) -> FirewallReports {
        var reports = FirewallReports(startedAt: 1000)
        for number in 0..<count {
            _ = reports.take(["number": .integer(Int64(number))], dropped: dropped)
        }
        return reports
    }

    @Test("An event is in every report until one with it has arrived")
    func repetition() {
        var reports = self.reports(2)
        #expect(reports.report.events.count == 2)
        reports.reported(at: Instant(milliseconds: 5))
        #expect(reports.report.events.count == 2)
        reports.arrived(upTo: reports.report.events[0].sequence)
        #expect(reports.report.events.map { $0.document["number"] } == [.integer(1)])
    }

    @Test("Numbers grow, beyond restarts too")
    func sequence() {
        let reports = self.reports(3)
        #expect(reports.report.events.map(\.sequence) == [1_000_001, 1_000_002, 1_000_003])
        var later = FirewallReports(startedAt: 1001)
        _ = later.take(JSONObject(), dropped: 0)
        #expect(later.report.events[0].sequence > 1_000_003)
    }

    @Test("News is told at once, but not twice within a second")
    func pace() {
        var reports = self.reports(1)
        #expect(reports.isDue(at: Instant(milliseconds: 10)))
        reports.reported(at: Instant(milliseconds: 10))
        #expect(reports.due == nil)
        _ = reports.take(JSONObject(), dropped: 0)
        #expect(!reports.isDue(at: Instant(milliseconds: 1009)))
        #expect(reports.isDue(at: Instant(milliseconds: 1010)))
    }

    @Test("The newest are kept, what is lost is counted, and a report holds so many")
    func bounds() {
        var reports = self.reports(250, dropped: 1)
        #expect(reports.report.dropped == 250 + 50)
        #expect(reports.report.events.count == FirewallEvent.mostInReport)
        #expect(reports.report.events[0].document["number"] == .integer(50))
        reports.reported(at: Instant(milliseconds: 0))
        #expect(reports.due == nil)
        reports.arrived(upTo: reports.report.events[99].sequence)
        #expect(reports.isDue(at: Instant(milliseconds: 1000)))
        #expect(reports.report.events.last?.document["number"] == .integer(249))
    }

    @Test("An event that is too long for a report is lost")
    func length() {
        var reports = self.reports(0)
        let isKept = reports.take(["text": .string(String(repeating: "x", count: 9000))], dropped: 0)
        #expect(!isKept)
        #expect(reports.report == FirewallEvents([], dropped: 1))
    }
}
