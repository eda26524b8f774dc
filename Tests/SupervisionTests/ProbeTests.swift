import GatewayModel
import Probing
import Testing

@testable import Supervision

@Suite("Whether an endpoint is healthy")
struct ProbeMachineTests {
    /// `+` and `-` are probes; what they tell: `H` healthy, `U` unhealthy, `.` nothing new.
    private func told(_ probes: String, healthy: Int, unhealthy: Int) -> String {
        var machine = ProbeMachine()
        return String(
            probes.map { probe -> Character in
                switch machine.probed(
                    isSuccess: probe == "+", healthyThreshold: healthy, unhealthyThreshold: unhealthy)
                {
                case true?: "H"
                case false?: "U"
                case nil: "."
                }
            })
    }

    @Test(
        "So many in a row make the difference, the first time too",
        arguments: [
            ("---", 1, 3, "..U"), ("--+---", 1, 3, "..H..U"), ("---+---", 1, 3, "..UH..U"),
            ("---++-++", 2, 3, "..U.H..."), ("++++", 2, 3, ".H.."), ("-", 1, 1, "U"), ("---+-+-++", 2, 3, "..U.....H"),
            ("-----", 1, 3, "..U.."),
        ])
    func thresholds(probes: String, healthy: Int, unhealthy: Int, expected: String) {
        #expect(self.told(probes, healthy: healthy, unhealthy: unhealthy) == expected)
    }

    @Test("A new endpoint is assumed to be healthy")
    func assumption() { #expect(ProbeMachine().isHealthy) }
}

@Suite("When endpoints are probed")
struct ProbeScheduleTests {
    private static let start = Instant(milliseconds: 1_000_000)

    private static func settings(interval: UInt64 = 1_000, path: String = "/") -> ProbeSettings {
        var check = ActiveCheck()
        check.probe = .http(path: path, host: nil, statuses: [200])
        check.interval = interval
        check.unhealthyThreshold = 1
        return ProbeSettings(check: check, proto: .http1, tls: nil)
    }

    private static func target(_ last: Int) -> ProbeTarget {
        ProbeTarget(upstream: "api", Sample.endpoint("10.0.0.\(last)"))
    }

    private func at(_ milliseconds: UInt64) -> Instant { Self.start.advanced(by: milliseconds) }

    @Test("New endpoints are spread over the interval, then each is probed once in it")
    func spread() {
        var schedule = ProbeSchedule()
        var jitters = [0.0, 0.5]
        schedule.configure("api", Self.settings(), [Self.target(1), Self.target(2)], at: Self.start) {
            jitters.removeFirst()
        }
        let first = schedule.start(atMost: 9, at: Self.start)
        #expect(first.count == 1 && schedule.nextDue == self.at(500))
        #expect(schedule.start(atMost: 9, at: self.at(499)).isEmpty)
        let second = schedule.start(atMost: 9, at: self.at(500))
        #expect(Set(first.map(\.0) + second.map(\.0)) == [Self.target(1), Self.target(2)])
        #expect(
            schedule.finished(first[0].0, first[0].1, failure: "503", at: self.at(600))
                == .init(isHealthy: false, failure: "503"))
        #expect(schedule.nextDue == self.at(1_000))
    }

    @Test("Where more is due than may be under way, each has its turn")
    func turns() {
        var schedule = ProbeSchedule()
        let all = Set((1...40).map(Self.target))
        schedule.configure("api", Self.settings(interval: 1_000), all, at: Self.start) { 0 }
        var probed: Set<ProbeTarget> = []
        for round in 0..<20 {
            let now = self.at(UInt64(round) * 2_000)
            for (target, settings) in schedule.start(atMost: 2, at: now) {
                probed.insert(target)
                _ = schedule.finished(target, settings, failure: "timeout", at: now.advanced(by: 1_000))
            }
        }
        #expect(probed == all)
    }

    @Test("A probe that takes longer than the interval is followed at once, never overlapped")
    func slow() {
        var schedule = ProbeSchedule()
        schedule.configure("api", Self.settings(), [Self.target(1)], at: Self.start) { 0 }
        #expect(schedule.start(atMost: 9, at: Self.start).count == 1)
        #expect(schedule.start(atMost: 9, at: self.at(5_000)).isEmpty)
        _ = schedule.finished(Self.target(1), Self.settings(), failure: nil, at: self.at(5_000))
        #expect(schedule.start(atMost: 9, at: self.at(5_000)).count == 1)
    }

    @Test("What is known of an endpoint outlives a change of the check; the probe under way does not count")
    func change() {
        var schedule = ProbeSchedule()
        schedule.configure("api", Self.settings(), [Self.target(1)], at: Self.start) { 0 }
        _ = schedule.start(atMost: 9, at: Self.start)
        _ = schedule.finished(Self.target(1), Self.settings(), failure: "503", at: self.at(1))
        _ = schedule.start(atMost: 9, at: self.at(1_000))
        let other = Self.settings(path: "/other")
        schedule.configure("api", other, [Self.target(1)], at: self.at(1_000)) { 0 }
        #expect(schedule.finished(Self.target(1), Self.settings(), failure: nil, at: self.at(1_001)) == nil)
        #expect(schedule.start(atMost: 9, at: self.at(1_001)).map(\.1) == [other])
        #expect(
            schedule.finished(Self.target(1), other, failure: nil, at: self.at(1_002))
                == .init(isHealthy: true, failure: nil))
    }

    @Test("Probes end with their endpoint and with their upstream")
    func end() {
        var schedule = ProbeSchedule()
        schedule.configure("api", Self.settings(), [Self.target(1), Self.target(2)], at: Self.start) { 0 }
        schedule.configure("api", Self.settings(), [Self.target(2)], at: Self.start) { 0 }
        #expect(schedule.start(atMost: 9, at: Self.start).map(\.0) == [Self.target(2)])
        schedule.configure("api", nil, [], at: Self.start) { 0 }
        #expect(schedule.finished(Self.target(2), Self.settings(), failure: "x", at: self.at(1)) == nil)
        #expect(schedule.start(atMost: 9, at: self.at(60_000)).isEmpty && schedule.nextDue == nil)
    }

    @Test("At most so many at once; the others are due as soon as there is room")
    func limit() {
        var schedule = ProbeSchedule()
        schedule.configure("api", Self.settings(), Set((1...5).map(Self.target)), at: Self.start) { 0 }
        let first = schedule.start(atMost: 3, at: Self.start)
        #expect(first.count == 3 && schedule.nextDue == Self.start)
        #expect(schedule.start(atMost: 0, at: Self.start).isEmpty)
        #expect(schedule.start(atMost: 3, at: Self.start).count == 2)
    }
}

@Suite("gRPC health")
struct GRPCHealthTests {
    @Test("A question is a frame with the service's name")
    func question() {
        #expect(GRPCHealth.question(service: "") == [0, 0, 0, 0, 0])
        #expect(GRPCHealth.question(service: "ab") == [0, 0, 0, 0, 4, 0x0A, 2, 0x61, 0x62])
        #expect(GRPCHealth.question(service: String(repeating: "a", count: 200)).count == 5 + 3 + 200)
    }

    @Test(
        "An answer says how the service is",
        arguments: [
            ([0, 0, 0, 0, 2, 8, 1], GRPCHealth.Status.serving), ([0, 0, 0, 0, 2, 8, 2], .notServing),
            ([0, 0, 0, 0, 2, 8, 3], .serviceUnknown), ([0, 0, 0, 0, 0], .unknown),
            ([0, 0, 0, 0, 2, 8, 9], .other(9)),
            // A field that nobody knows, before and behind.
            ([0, 0, 0, 0, 9, 0x12, 1, 7, 8, 1, 0x1D, 1, 2, 3], nil),
            ([0, 0, 0, 0, 7, 0x12, 1, 7, 8, 1, 0x10, 5], .serving),
            ([0, 0, 0, 0, 2, 8], nil), ([1, 0, 0, 0, 2, 8, 1], nil), ([0, 0xFF, 0xFF, 0xFF, 0xFF, 8, 1], nil),
            ([], nil),
            ([0, 0, 0, 0, 1, 0], nil), ([0, 0, 0, 0, 3, 0x12, 0x7F, 1], nil),
        ])
    func answer(bytes: [UInt8], expected: GRPCHealth.Status?) {
        #expect(GRPCHealth.status(bytes) == expected)
    }
}
