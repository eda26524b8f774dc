import Testing

@testable import Supervision

@Suite("Upgrade of the binary")
struct UpgradeMachineTests {
    private static let start = Instant(milliseconds: 1_000)
    private static let late = start.advanced(by: 30_000)

    private static func serving() -> UpgradeMachine { UpgradeMachine(timeoutMilliseconds: 30_000) }

    private static func starting() -> UpgradeMachine {
        var machine = Self.serving()
        _ = machine.request(isInstalling: false, isEnding: false, isInCharge: true, at: Self.start)
        return machine
    }

    @Test("A successor is started at once, and handed to when it serves")
    func wholeStory() {
        var machine = Self.serving()
        #expect(machine.request(isInstalling: false, isEnding: false, isInCharge: true, at: Self.start) == .start)
        #expect(machine.isStarting && machine.holdsInstalls && machine.deadline == Self.late)
        #expect(machine.ready() == .handOver)
        #expect(machine.isHandedOver && machine.deadline == nil)
    }

    @Test("An install under way is finished first, so that sockets and configuration belong together")
    func waitsForInstall() {
        var machine = Self.serving()
        #expect(machine.request(isInstalling: true, isEnding: false, isInCharge: true, at: Self.start) == .wait)
        #expect(machine.holdsInstalls && !machine.isStarting)
        #expect(machine.installIsOver(at: Self.start) == .start)
        #expect(machine.installIsOver(at: Self.start) == .wait)
    }

    @Test("A second request during an upgrade is ignored")
    func second() {
        var machine = Self.starting()
        #expect(
            machine.request(isInstalling: false, isEnding: false, isInCharge: true, at: Self.start)
                == .ignore(.isUnderWay))
        #expect(machine.ready() == .handOver)
        #expect(
            machine.request(isInstalling: false, isEnding: true, isInCharge: true, at: Self.start)
                == .ignore(.isEnding))
    }

    @Test("A replica that ends, or does not own its port yet, starts no successor")
    func refused() {
        var machine = Self.serving()
        #expect(
            machine.request(isInstalling: false, isEnding: true, isInCharge: true, at: Self.start)
                == .ignore(.isEnding))
        #expect(
            machine.request(isInstalling: false, isEnding: false, isInCharge: false, at: Self.start)
                == .ignore(.isNotInCharge))
        #expect(!machine.holdsInstalls)
    }

    @Test("Process 1 starts no successor, for the container ends with it")
    func processOne() {
        var machine = UpgradeMachine(timeoutMilliseconds: 1, canLeave: false)
        #expect(
            machine.request(isInstalling: false, isEnding: false, isInCharge: true, at: Self.start)
                == .ignore(.isProcessOne))
    }

    @Test("A successor that ends costs nothing, and the next one may be better")
    func failure() {
        var machine = Self.starting()
        #expect(machine.ended("it exited with 1") == .giveUp(reason: "it exited with 1"))
        #expect(machine.ended("it exited with 1") == .wait)
        #expect(!machine.holdsInstalls)
        #expect(machine.request(isInstalling: false, isEnding: false, isInCharge: true, at: Self.start) == .start)
    }

    @Test("A successor that is late is given up")
    func late() {
        var machine = Self.starting()
        #expect(machine.tick(at: Self.late.advanced(by: 0)) == .giveUp(reason: "it did not serve within 30000 ms"))
        #expect(machine.ready() == .wait)
        #expect(machine.tick(at: Self.late) == .wait)
    }

    @Test("Being told to end abandons an upgrade that is not through")
    func stopped() {
        var machine = Self.starting()
        #expect(machine.stopped() == .abandon)
        #expect(machine.ready() == .wait)
        var through = Self.starting()
        _ = through.ready()
        #expect(through.stopped() == .wait)
        #expect(through.ended("it exited with 0") == .wait)
    }
}
