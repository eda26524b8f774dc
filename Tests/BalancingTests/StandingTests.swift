import Balancing
import GatewayModel
import Testing

@Suite("What choices come to at a moment")
struct StandingTests {
    private static func balancer(_ backups: [Bool], sick: [Int], panicThreshold: Int = 0) -> Balancer {
        var balancer = Balancer(LoadBalancing(), panicThreshold: panicThreshold)
        balancer.replace(
            backups.enumerated().map { BalancedEndpoint(weight: 1, isBackup: $1, key: UInt64($0)) }, now: 0)
        for slot in sick { balancer.setUsable(slot, false, now: 0) }
        return balancer
    }

    @Test("Backups are no candidates while enough others are usable, and take a part when fewer are")
    func backups() {
        var balancer = Self.balancer([false, false, true], sick: [])
        var standing = balancer.standing(now: 0)
        #expect(standing.candidates == [0, 1] && standing.backupPercent == 0)
        balancer = Self.balancer([false, false, true], sick: [0])
        standing = balancer.standing(now: 0)
        #expect(standing.candidates == [1, 2] && standing.backupPercent == 30)
        balancer = Self.balancer([false, false, true], sick: [0, 1])
        standing = balancer.standing(now: 0)
        #expect(standing.candidates == [2] && standing.backupPercent == 100)
    }

    @Test("In a panic all are candidates; with nothing usable and no panic none is")
    func panic() {
        var balancer = Self.balancer([false, false, true], sick: [0, 1, 2], panicThreshold: 50)
        var standing = balancer.standing(now: 0)
        #expect(standing.isPanicking && standing.candidates == [0, 1, 2])
        balancer = Self.balancer([false, false, true], sick: [0, 1, 2])
        standing = balancer.standing(now: 0)
        #expect(!standing.isPanicking && standing.candidates.isEmpty)
    }
}
