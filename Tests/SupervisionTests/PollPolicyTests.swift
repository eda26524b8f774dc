import Testing

@testable import Supervision

@Suite("Polling")
struct PollPolicyTests {
    private static let now = Instant(milliseconds: 1_000_000)
    private static let served = PollPolicy.Served(version: 5, digest: "d5", identity: "me")

    private static func serving() -> PollPolicy {
        var policy = PollPolicy(served: nil, adoptsIdentity: false)
        policy.answered()
        policy.installed(Self.served)
        return policy
    }

    @Test("Who serves nothing asks for everything")
    func asksForFull() {
        let policy = PollPolicy(served: nil, adoptsIdentity: false)
        #expect(policy.question(at: Self.now) == .init(since: nil, served: nil, mayWait: false))
        #expect(policy.judge(.init(identity: "me", from: nil, version: 1)) == .install)
        #expect(policy.judge(.init(identity: "me", from: 3, version: 4)) == .askForFull)
    }

    @Test("What is installed is acknowledged by the next question")
    func acknowledges() {
        #expect(Self.serving().question(at: Self.now) == .init(since: 5, served: Self.served, mayWait: true))
    }

    @Test("The first question, and the first after a failure, is one that is answered at once")
    func asksWhetherAnybodyIsThere() {
        var policy = PollPolicy(served: nil, adoptsIdentity: false)
        policy.restored(Self.served)
        #expect(policy.question(at: Self.now) == .init(since: 5, served: Self.served, mayWait: false))
        policy.answered()
        #expect(policy.question(at: Self.now).mayWait)
        policy.failed(at: Self.now, jitter: 0)
        #expect(!policy.question(at: Self.now).mayWait)
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
        policy.restored(Self.served)
        #expect(policy.judge(.init(identity: "other", from: nil, version: 2)) == .changeOver(former: "me"))
        policy.installed(.init(version: 2, digest: "d", identity: "other"))
        #expect(policy.judge(.init(identity: "me", from: nil, version: 9)) == .foreignIdentity(expected: "other"))
    }

    @Test("The operator's word outlives the snapshot on disk")
    func adoptionAfterDisk() {
        var policy = PollPolicy(served: nil, adoptsIdentity: true)
        policy.restored(Self.served)
        #expect(policy.question(at: Self.now).since == nil)
        #expect(policy.judge(.init(identity: "other", from: nil, version: 2)) == .changeOver(former: "me"))
    }

    @Test("Another identity is taken, whatever its version, when it says that it succeeds the one that is served")
    func adoptedThere() {
        var policy = Self.serving()
        let offer = PollPolicy.Offer(identity: "other", from: nil, version: 2, adopts: "me")
        #expect(policy.judge(offer) == .changeOver(former: "me"))
        policy.installed(.init(version: 2, digest: "d", identity: "other"))
        #expect(policy.judge(.init(identity: "other", from: 2, version: 3)) == .install)
        #expect(policy.judge(.init(identity: "me", from: nil, version: 9)) == .foreignIdentity(expected: "other"))
    }

    @Test("Who says that it succeeds somebody else is another control plane")
    func adoptedSomebodyElse() {
        let policy = Self.serving()
        let offers = [
            PollPolicy.Offer(identity: "other", from: nil, version: 9, adopts: "third"),
            PollPolicy.Offer(identity: "other", from: nil, version: 9, adopts: ""),
        ]
        for offer in offers { #expect(policy.judge(offer) == .foreignIdentity(expected: "me")) }
        #expect(policy.judge(.init(identity: "other", from: 5, version: 9, adopts: "me")) == .askForFull)
    }

    @Test("Our own identity does not go back to a lower version for saying that it succeeds itself")
    func adoptedItself() {
        let offer = PollPolicy.Offer(identity: "me", from: nil, version: 4, adopts: "me")
        #expect(Self.serving().judge(offer) == .lowerVersion(served: 5))
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
        #expect(policy.question(at: Self.now) == .init(since: 6, served: Self.served, mayWait: true))
        let later = Self.now.advanced(by: PollPolicy.firstRetry)
        #expect(policy.question(at: later) == .init(since: 5, served: Self.served, mayWait: true))
        policy.rejected(version: 6, isRetryable: true, at: later)
        #expect(policy.question(at: later.advanced(by: PollPolicy.firstRetry)).since == 6)
    }
}
