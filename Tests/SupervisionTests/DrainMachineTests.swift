import Testing

@testable import Supervision

@Suite("Drain")
struct DrainMachineTests {
    private static let start = Instant(milliseconds: 0)

    @Test("Readiness fails first, the workers drain after the delay, the end comes with the last of them")
    func wholeStory() {
        var machine = DrainMachine(delayMilliseconds: 500, timeoutMilliseconds: 1_000)
        #expect(machine.isRunning)
        #expect(machine.stop(at: Self.start) == .announce)
        #expect(!machine.isRunning && machine.isPausing && !machine.isDraining)
        #expect(machine.tick(at: Self.start.advanced(by: 499)) == .wait)
        #expect(machine.tick(at: Self.start.advanced(by: 500)) == .drain)
        #expect(machine.emptied() == .exit)
    }

    @Test("Without a delay workers drain at once")
    func noDelay() {
        var machine = DrainMachine(delayMilliseconds: 0, timeoutMilliseconds: 1_000)
        #expect(machine.stop(at: Self.start) == .drain)
    }

    @Test("A replica that has a successor does not wait for anybody to notice")
    func retire() {
        var machine = DrainMachine(delayMilliseconds: 500, timeoutMilliseconds: 1_000)
        #expect(machine.retire(at: Self.start) == .drain)
        #expect(machine.retire(at: Self.start) == .wait)
        #expect(machine.emptied() == .exit)
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
