import GatewayModel
import Resolver
import Testing

@testable import Supervision

@Suite("When a name is looked up")
struct NameScheduleTests {
    private static let start = Instant(milliseconds: 1_000_000)

    private static func discovery(refresh: UInt64 = 30_000) -> Discovery {
        Discovery(source: .dns(port: 80), hostname: "orders.shop.svc", refresh: refresh)
    }

    private static func endpoint(_ address: String, weight: Int = 1, isBackup: Bool = false) -> UpstreamEndpoint {
        Sample.endpoint(address, weight: weight, isBackup: isBackup)
    }

    private static func answer(_ addresses: [String], seconds: UInt32? = nil) -> NameAnswer {
        NameAnswer(parts: ["A": .found(addresses.map { endpoint($0) }), "AAAA": .found([])], seconds: seconds)
    }

    private func delay(_ schedule: NameSchedule) -> UInt64? { schedule.dueAt?.milliseconds(since: Self.start) }

    @Test(
        "An answer lives as its TTL says, at most the refresh interval; one of 0, as of the hosts file, some seconds",
        arguments: [
            (UInt32(5), UInt64(5_000)), (1, 1_000), (0, 5_000), (300, 30_000),
        ])
    func life(seconds: UInt32, expected: UInt64) {
        var schedule = NameSchedule(Self.discovery(), at: Self.start)
        #expect(schedule.answered(Self.answer(["10.0.0.1"], seconds: seconds), at: Self.start) != .unchanged)
        #expect(self.delay(schedule) == expected)
    }

    @Test("Failures are tried again after doubling pauses up to the refresh interval, and the last answer stays")
    func failures() {
        var schedule = NameSchedule(Self.discovery(refresh: 5_000), at: Self.start)
        _ = schedule.answered(Self.answer(["10.0.0.1"]), at: Self.start)
        let failed = NameAnswer(parts: ["A": .failed("SERVFAIL"), "AAAA": .failed("silence")])
        let pauses = (0..<5).map { _ in
            #expect(schedule.answered(failed, at: Self.start) == .failed("SERVFAIL"))
            return self.delay(schedule)
        }
        #expect(pauses == [1_000, 2_000, 4_000, 5_000, 5_000])
        #expect(schedule.endpoints == [Self.endpoint("10.0.0.1")])
        #expect(schedule.answered(Self.answer(["10.0.0.1"], seconds: 60), at: Self.start) == .unchanged)
        #expect(schedule.answered(failed, at: Self.start) == .failed("SERVFAIL"))
        #expect(self.delay(schedule) == 1_000)
    }

    @Test("Two thousand endpoints of a name are used at most, backups last")
    func limit() {
        var schedule = NameSchedule(Self.discovery(), at: Self.start)
        let backups = (0..<100).map { Self.endpoint("10.0.0.\($0)", isBackup: true) }
        let others = (0..<1_990).map { Self.endpoint("10.1.\($0 / 250).\($0 % 250)") }
        let answer = NameAnswer(parts: ["A": .found(backups + others)], seconds: 60)
        _ = schedule.answered(answer, at: Self.start)
        let kept = schedule.endpoints ?? []
        #expect(kept.count == 2_000 && kept.count { $0.isBackup } == 10)
        #expect(schedule.answered(answer, at: Self.start) == .unchanged)
    }

    @Test("Endpoints that went and came again between two looks have not changed; failures are all counted")
    func flapping() {
        let (a, b) = (Self.discovery(), Self.discovery(refresh: 1_000))
        func report(_ discovery: Discovery, _ result: DiscoveryThread.Report.Result) -> DiscoveryThread.Report {
            DiscoveryThread.Report(discovery: discovery, result: result)
        }
        let left = DiscoveryThread.Report.last([
            report(a, .endpoints([Self.endpoint("10.0.0.1")])), report(b, .endpoints([Self.endpoint("10.0.0.2")])),
            report(a, .failed("x")), report(a, .endpoints([Self.endpoint("10.0.0.3")])), report(a, .failed("y")),
        ])
        let texts = left.map { report in
            switch report.result {
            case .endpoints(let endpoints): endpoints.map(\.authority).joined()
            case .failed(let reason): reason
            }
        }
        #expect(texts == ["10.0.0.2:80", "x", "10.0.0.3:80", "y"])
    }

    @Test("An empty answer is a failure")
    func empty() {
        var schedule = NameSchedule(Self.discovery(), at: Self.start)
        _ = schedule.answered(Self.answer(["10.0.0.1"]), at: Self.start)
        #expect(schedule.answered(Self.answer([]), at: Self.start) == .failed("the name has no addresses"))
        #expect(schedule.endpoints == [Self.endpoint("10.0.0.1")])
    }

    @Test("The same addresses in another order, or twice, change nothing")
    func order() {
        var schedule = NameSchedule(Self.discovery(), at: Self.start)
        let sorted = [Self.endpoint("10.0.0.1"), Self.endpoint("10.0.0.2")]
        #expect(schedule.answered(Self.answer(["10.0.0.2", "10.0.0.1"]), at: Self.start) == .changed(sorted))
        #expect(schedule.answered(Self.answer(["10.0.0.1", "10.0.0.2", "10.0.0.1"]), at: Self.start) == .unchanged)
    }

    @Test("A part that fails keeps what it had; one that is answered as empty loses it")
    func parts() {
        var schedule = NameSchedule(Self.discovery(), at: Self.start)
        let (four, six) = (Self.endpoint("10.0.0.1"), Self.endpoint("2001:db8::1"))
        let other = Self.endpoint("10.0.0.2")
        _ = schedule.answered(NameAnswer(parts: ["A": .found([four]), "AAAA": .found([six])]), at: Self.start)
        #expect(
            schedule.answered(NameAnswer(parts: ["A": .found([other]), "AAAA": .failed("x")]), at: Self.start)
                == .changed([other, six]))
        #expect(
            schedule.answered(NameAnswer(parts: ["A": .found([other]), "AAAA": .found([])]), at: Self.start)
                == .changed([other]))
    }

    @Test("Of an endpoint that comes twice, the one that gets more counts")
    func twice() {
        var schedule = NameSchedule(Self.discovery(), at: Self.start)
        let parts: [String: NameAnswer.Part] = [
            "A a": .found([Self.endpoint("10.0.0.1", weight: 9, isBackup: true)]),
            "A b": .found([Self.endpoint("10.0.0.1", weight: 2)]),
            "A c": .found([Self.endpoint("10.0.0.1", weight: 3)]),
        ]
        #expect(
            schedule.answered(NameAnswer(parts: parts), at: Self.start)
                == .changed([Self.endpoint("10.0.0.1", weight: 3)]))
    }
}

@Suite("How long a DNS message lives")
struct AnswerLifeTests {
    /// A question for `a.` and answers with a pointer to it.
    private static func message(_ lives: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = [0, 1, 0x81, 0x80, 0, 1, 0, UInt8(lives.count), 0, 0, 0, 0, 1, 0x61, 0, 0, 33, 0, 1]
        for life in lives {
            bytes += [0xC0, 12, 0, 33, 0, 1]
            bytes += stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: life >> UInt32($0)) }
            bytes += [0, 2, 7, 7]
        }
        return bytes
    }

    @Test("The least TTL counts; one with the highest bit is 0")
    func least() {
        #expect(Self.message([30, 20, 40]).withUnsafeBytes(AnswerLife.seconds) == 20)
        #expect(Self.message([30, 0x8000_0001]).withUnsafeBytes(AnswerLife.seconds) == 0)
        #expect(Self.message([]).withUnsafeBytes(AnswerLife.seconds) == nil)
    }

    @Test("Whatever is cut off is malformed")
    func truncated() {
        let whole = Self.message([30, 20])
        for count in 0..<whole.count {
            #expect(whole[..<count].withUnsafeBytes(AnswerLife.seconds) == nil)
        }
    }
}
