import DataPlane
import Testing

@testable import Supervision

@Suite("Two-phase install")
struct InstallMachineTests {
    private static let start = Instant(milliseconds: 1_000)
    private static let late = start.advanced(by: InstallMachine.timeoutMilliseconds)

    private static func preparing(_ workers: Set<Int> = [0, 1]) -> InstallMachine {
        var machine = InstallMachine()
        machine.begin(version: 7, workers: workers, at: Self.start)
        return machine
    }

    private static func committing() -> InstallMachine {
        var machine = Self.preparing()
        _ = machine.prepared(worker: 0, version: 7)
        _ = machine.prepared(worker: 1, version: 7)
        _ = machine.opened(at: Self.start)
        return machine
    }

    @Test("Nothing is committed before every worker has prepared")
    func commitsOnlyWhenAllPrepared() {
        var machine = Self.preparing()
        #expect(machine.prepared(worker: 0, version: 7) == .wait)
        #expect(machine.prepared(worker: 0, version: 7) == .wait)
        #expect(machine.prepared(worker: 1, version: 7) == .commit(version: 7, workers: [0, 1]))
    }

    @Test("A version is installed when every worker has committed it")
    func finishesWhenAllCommitted() {
        var machine = Self.committing()
        #expect(machine.committed(worker: 1, version: 7) == .wait)
        #expect(machine.committed(worker: 0, version: 7) == .finish(version: 7))
        #expect(machine.isIdle)
    }

    @Test("One worker that rejects aborts the version in all, once all have answered")
    func rejectionAborts() {
        var machine = Self.preparing()
        let reason = RejectedReason(kind: "route", name: "shop", message: "no")
        let refusal = InstallMachine.Refusal(reasons: [reason], isRetryable: false)
        #expect(machine.rejected(worker: 1, version: 7, reasons: [reason]) == .wait)
        #expect(
            machine.prepared(worker: 0, version: 7)
                == .abort(version: 7, workers: [0, 1], refusal: refusal))
        #expect(machine.isIdle)
    }

    @Test("A port that cannot be opened aborts the version, and may be tried again")
    func refusalAborts() {
        var machine = Self.preparing([0])
        let reason = RejectedReason(kind: "listener", name: nil, message: "cannot bind")
        _ = machine.prepared(worker: 0, version: 7)
        let refusal = InstallMachine.Refusal(reasons: [reason], isRetryable: true)
        #expect(machine.refused(reasons: [reason]) == .abort(version: 7, workers: [0], refusal: refusal))
    }

    @Test("A worker that dies while it prepares aborts the version in the others")
    func deathBeforeCommitAborts() {
        var machine = Self.preparing()
        #expect(machine.lost(worker: 1) == .wait)
        guard case .abort(7, [0], let refusal) = machine.prepared(worker: 0, version: 7) else {
            Issue.record("no abort")
            return
        }
        #expect(refusal.isRetryable)
    }

    @Test("A worker that dies after the commit is not waited for")
    func deathAfterCommitIsForgotten() {
        var machine = Self.committing()
        #expect(machine.committed(worker: 0, version: 7) == .wait)
        #expect(machine.lost(worker: 1) == .finish(version: 7))
    }

    @Test("The death of a worker that takes no part changes nothing")
    func strangersDoNotMatter() {
        var machine = Self.preparing([0])
        #expect(machine.lost(worker: 5) == .wait)
        #expect(machine.prepared(worker: 0, version: 7) == .commit(version: 7, workers: [0]))
    }

    @Test("When the last worker dies between prepare and commit, the version is installed with nobody to confirm it")
    func allLostWhileOpening() {
        var machine = Self.preparing([0])
        _ = machine.prepared(worker: 0, version: 7)
        #expect(machine.lost(worker: 0) == .wait)
        #expect(machine.opened(at: Self.start) == .finish(version: 7))
    }

    @Test("A worker that takes longer than 30 s to prepare is replaced, and the version aborted")
    func latePreparationAborts() {
        var machine = Self.preparing()
        _ = machine.prepared(worker: 0, version: 7)
        #expect(machine.tick(at: Self.start) == .wait)
        #expect(machine.tick(at: Self.late) == .replace(workers: [1]))
        guard case .abort(7, [0], let refusal) = machine.lost(worker: 1) else {
            Issue.record("no abort")
            return
        }
        #expect(refusal.isRetryable)
    }

    @Test("A worker that does not commit in time is replaced, and the version stands")
    func lateCommitReplaces() {
        var machine = Self.committing()
        _ = machine.committed(worker: 0, version: 7)
        #expect(machine.tick(at: Self.late) == .replace(workers: [1]))
        #expect(machine.lost(worker: 1) == .finish(version: 7))
    }

    @Test("Answers about another version are ignored")
    func staleAnswersAreIgnored() {
        var machine = Self.preparing([0])
        #expect(machine.prepared(worker: 0, version: 6) == .wait)
        #expect(machine.rejected(worker: 0, version: 6, reasons: []) == .wait)
        #expect(machine.committed(worker: 0, version: 7) == .wait)
        #expect(!machine.isIdle)
    }
}
