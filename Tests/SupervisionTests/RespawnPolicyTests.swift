import Testing

@testable import Supervision

@Suite("Respawn")
struct RespawnPolicyTests {
    @Test("The first death is answered at once, the next ones after doubling pauses up to five seconds")
    func pausesDouble() {
        var policy = RespawnPolicy()
        let pauses = (0..<9).map { _ in policy.died(after: 10) }
        #expect(pauses == [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
    }

    @Test("A worker that lived for ten seconds is started again at once")
    func provenWorkersStartAtOnce() {
        var policy = RespawnPolicy()
        for _ in 0..<5 { _ = policy.died(after: 10) }
        #expect(policy.died(after: RespawnPolicy.provenAfter) == 0)
        #expect(policy.died(after: 10) == 100)
    }
}
