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

@Suite("Drain")
struct DrainMachineTests {
    private static let start = Instant(milliseconds: 0)

    @Test("Readiness fails first, the workers drain after the delay, the end comes with the last of them")
    func wholeStory() {
        var machine = DrainMachine(delayMilliseconds: 500, timeoutMilliseconds: 1_000)
        #expect(machine.isRunning)
        #expect(machine.stop(at: Self.start) == .wait)
        #expect(!machine.isRunning && !machine.isDraining)
        #expect(machine.tick(at: Self.start.advanced(by: 499)) == .wait)
        #expect(machine.tick(at: Self.start.advanced(by: 500)) == .drain)
        #expect(machine.emptied() == .exit)
    }

    @Test("Without a delay workers drain at once")
    func noDelay() {
        var machine = DrainMachine(delayMilliseconds: 0, timeoutMilliseconds: 1_000)
        #expect(machine.stop(at: Self.start) == .drain)
    }

    @Test("Workers that are not done in time do not hold up the end")
    func timeout() {
        var machine = DrainMachine(delayMilliseconds: 0, timeoutMilliseconds: 1_000)
        _ = machine.stop(at: Self.start)
        let end = Self.start.advanced(by: 1_000 + DrainMachine.graceMilliseconds)
        #expect(machine.tick(at: end.advanced(by: 0)) == .exit)
    }

    @Test("Being told to stop twice changes nothing, being hurried ends at once")
    func hurry() {
        var machine = DrainMachine(delayMilliseconds: 0, timeoutMilliseconds: 1_000)
        _ = machine.stop(at: Self.start)
        #expect(machine.stop(at: Self.start) == .wait)
        #expect(machine.hurry() == .exit)
    }
}

@Suite("Polling")
struct PollPolicyTests {
    private static let now = Instant(milliseconds: 1_000_000)
    private static let served = PollPolicy.Served(version: 5, digest: "d5", identity: "me")

    private static func serving() -> PollPolicy {
        var policy = PollPolicy(served: nil, adoptsIdentity: false)
        policy.installed(Self.served)
        return policy
    }

    @Test("Who serves nothing asks for everything")
    func asksForFull() {
        let policy = PollPolicy(served: nil, adoptsIdentity: false)
        #expect(policy.question(at: Self.now) == .init(since: nil, served: nil))
        #expect(policy.judge(.init(identity: "me", from: nil, version: 1)) == .install)
        #expect(policy.judge(.init(identity: "me", from: 3, version: 4)) == .askForFull)
    }

    @Test("What is installed is acknowledged by the next question")
    func acknowledges() {
        #expect(Self.serving().question(at: Self.now) == .init(since: 5, served: Self.served))
    }

    @Test("A delta must start from what is served")
    func deltaMustFit() {
        let policy = Self.serving()
        #expect(policy.judge(.init(identity: "me", from: 5, version: 6)) == .install)
        #expect(policy.judge(.init(identity: "me", from: 4, version: 6)) == .askForFull)
    }

    @Test("A lower version is ignored")
    func neverGoesBack() {
        #expect(Self.serving().judge(.init(identity: "me", from: nil, version: 4)) == .lowerVersion(served: 5))
    }

    @Test("Another identity is refused, unless the operator said to take it, once")
    func identityIsPinned() {
        #expect(
            Self.serving().judge(.init(identity: "other", from: nil, version: 9)) == .foreignIdentity(expected: "me"))
        var policy = PollPolicy(served: nil, adoptsIdentity: true)
        #expect(policy.judge(.init(identity: "other", from: nil, version: 2)) == .install)
        policy.installed(.init(version: 2, digest: "d", identity: "other"))
        #expect(policy.judge(.init(identity: "me", from: nil, version: 9)) == .foreignIdentity(expected: "other"))
    }

    @Test("The operator's word outlives the snapshot on disk")
    func adoptionAfterDisk() {
        var policy = PollPolicy(served: nil, adoptsIdentity: true)
        policy.restored(Self.served)
        #expect(policy.question(at: Self.now).since == nil)
        #expect(policy.judge(.init(identity: "other", from: nil, version: 2)) == .install)
    }

    @Test("Pauses double from 100 ms to 5 s, jittered downwards by at most a half")
    func backsOff() {
        var policy = Self.serving()
        var pauses: [UInt64] = []
        for _ in 0..<8 {
            policy.failed(at: Self.now, jitter: 1)
            pauses.append((policy.notBefore ?? Self.now).milliseconds(since: Self.now))
        }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000])
        policy.failed(at: Self.now, jitter: 0)
        #expect(policy.notBefore == Self.now.advanced(by: 2500))
        policy.answered()
        #expect(policy.notBefore == nil)
    }

    @Test("A refused version is news again only after a while, and what is served stays acknowledged")
    func refusedVersionRests() {
        var policy = Self.serving()
        policy.rejected(version: 6, isRetryable: true, at: Self.now)
        #expect(policy.question(at: Self.now) == .init(since: 6, served: Self.served))
        let later = Self.now.advanced(by: PollPolicy.firstRetry)
        #expect(policy.question(at: later) == .init(since: 5, served: Self.served))
        policy.rejected(version: 6, isRetryable: true, at: later)
        #expect(policy.question(at: later.advanced(by: PollPolicy.firstRetry)).since == 6)
    }
}
