import Testing

@testable import Supervision

@Suite("When a key set is fetched")
struct KeySetTests {
    private static let start = Instant(milliseconds: 1_000_000)
    private static let body = Array(#"{"keys":[]}"#.utf8)

    private func after(_ milliseconds: UInt64) -> Instant { Self.start.advanced(by: milliseconds) }

    @Test("At once, and again when it is no longer good")
    func cached() {
        var schedule = KeySetSchedule(cache: 300_000, at: Self.start)
        #expect(schedule.isDue(at: Self.start) && schedule.isUnknown)
        schedule.started()
        #expect(!schedule.isDue(at: after(600_000)))
        let isOther = schedule.fetched(Self.body, at: after(10))
        #expect(isOther)
        #expect(!schedule.isDue(at: after(300_009)) && schedule.isDue(at: after(300_010)))
        schedule.started()
        let isOtherAgain = schedule.fetched(Self.body, at: after(300_020))
        #expect(!isOtherAgain, "the same again is no change")
    }

    @Test("Failures are tried again after doubling pauses, and what is known stays")
    func failures() {
        var schedule = KeySetSchedule(cache: 300_000, at: Self.start)
        _ = schedule.fetched(Self.body, at: Self.start)
        var now = Self.start
        let pauses: [UInt64] = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        for pause in pauses {
            schedule.started()
            schedule.failed("refused", at: now)
            #expect(schedule.dueAt.milliseconds(since: now) == pause)
            now = schedule.dueAt
        }
        #expect(schedule.keys == Self.body && schedule.failure == "refused")
        _ = schedule.fetched(Self.body, at: now)
        #expect(schedule.failure == nil)
    }

    @Test("A worker that lacks a key brings the next fetch forward, once in a while")
    func asked() {
        var schedule = KeySetSchedule(cache: 300_000, at: Self.start)
        schedule.started()
        var isAnswered = schedule.asked(at: Self.start)
        #expect(isAnswered, "one is under way")
        _ = schedule.fetched(Self.body, at: Self.start)
        isAnswered = schedule.asked(at: after(1))
        #expect(isAnswered && schedule.isDue(at: after(1)), "nobody has asked for that one")
        schedule.started()
        _ = schedule.fetched(Self.body, at: after(2))
        isAnswered = schedule.asked(at: after(KeySetSchedule.pause))
        #expect(!isAnswered && !schedule.isDue(at: after(KeySetSchedule.pause)))
        isAnswered = schedule.asked(at: after(KeySetSchedule.pause + 1))
        #expect(isAnswered && schedule.isDue(at: after(KeySetSchedule.pause + 1)))
    }

    @Test("What is known is read as it was written")
    func known() {
        var schedule = KeySetSchedule(cache: 1_000, at: Self.start)
        _ = schedule.fetched(Self.body, at: Self.start)
        let unknown = KeySetSchedule(cache: 1_000, at: Self.start)
        let known = KnownKeySets(["https://a.test/keys": schedule, "https://b.test/keys": unknown])
        #expect(KnownKeySets(parsing: known.encoded()) == known)
        #expect(known["https://a.test/keys"] == Self.body && known["https://b.test/keys"] == nil)
        #expect(KnownKeySets(parsing: Array("[]".utf8)) == nil)
    }
}
