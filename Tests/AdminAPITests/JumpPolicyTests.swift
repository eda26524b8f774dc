import Testing

@testable import AdminAPI

@Suite("Jumps above versions that only replicas know")
struct JumpPolicyTests {
    @Test("A version above the latest one is jumped above, once however many replicas serve it")
    func jumpsOnce() {
        var policy = JumpPolicy()
        #expect(policy.decide(above: 9, latest: 5, at: 0) == .jump)
        #expect(policy.decide(above: 9, latest: 5, at: 0) == .none)
        #expect(policy.decide(above: 8, latest: 5, at: 0) == .none)
        #expect(policy.decide(above: 9, latest: 10, at: 0) == .none)
    }

    @Test("Nothing is done about what is not above")
    func ignoresTheRest() {
        var policy = JumpPolicy()
        for version: Int64 in [0, 1, 4, 5] { #expect(policy.decide(above: version, latest: 5, at: 0) == .none) }
    }

    @Test("A jump that failed is tried again")
    func triesAgain() {
        var policy = JumpPolicy()
        #expect(policy.decide(above: 9, latest: 5, at: 0) == .jump)
        policy.failed()
        #expect(policy.decide(above: 9, latest: 5, at: 0) == .jump)
    }

    @Test("A distance that no restore leaves behind is not believed")
    func bounded() {
        var policy = JumpPolicy()
        #expect(policy.decide(above: .max, latest: 5, at: 0) == .absurd)
        #expect(policy.decide(above: 1_000_006, latest: 5, at: 0) == .absurd)
        #expect(policy.decide(above: 1_000_005, latest: 5, at: 0) == .jump)
    }

    @Test("Ten jumps are free, and then one a minute, however it is asked for")
    func paced() {
        var policy = JumpPolicy()
        var latest: Int64 = 1
        func jumps(from start: Int64, through end: Int64) -> Int {
            var count = 0
            for now in stride(from: start, through: end, by: 500)
            where policy.decide(above: latest + 1, latest: latest, at: now) == .jump {
                latest += 2
                count += 1
            }
            return count
        }
        #expect(jumps(from: 0, through: 59_500) == 10)
        #expect(jumps(from: 60_000, through: 119_500) == 1)
        #expect(jumps(from: 120_000, through: 720_000) == 11)
        // After a long pause no more than ten are free again.
        #expect(jumps(from: 100_000_000, through: 100_010_000) == 10)
    }
}
