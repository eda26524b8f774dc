import Reactor
import Testing

/// The same numbers in every run (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }
}

@Suite("Timer wheel")
struct TimerWheelTests {
    private static func node(_ token: UInt64) -> TimerWheel.Node {
        let node = TimerWheel.Node.allocate(capacity: 1)
        node.initialize(to: TimerNode(token: token))
        return node
    }

    /// Tokens of the timers that fire when time goes in steps to `end`, with the time of each.
    private static func run(_ wheel: inout TimerWheel, from start: UInt64, to end: UInt64, step: UInt64) -> [(
        UInt64, UInt64
    )] {
        var fired: [(UInt64, UInt64)] = []
        for now in stride(from: start, through: end, by: Int(step)) {
            while let node = wheel.expire(now: now) { fired.append((node.pointee.token, now)) }
        }
        return fired
    }

    @Test(
        "A timer fires after its deadline, never before, and soon",
        arguments: [1, 15, 16, 17, 1000, 32_768, 100_000] as [UInt64])
    func fires(_ delay: UInt64) {
        var wheel = TimerWheel(now: 5000)
        let node = Self.node(7)
        defer { node.deallocate() }
        wheel.set(node, deadline: 5000 + delay)
        let fired = Self.run(&wheel, from: 5000, to: 5000 + delay + 100, step: 1)
        #expect(fired.count == 1)
        #expect(
            fired.first.map { $0.1 >= 5000 + delay && $0.1 <= 5000 + delay + 2 * TimerWheel.tickMilliseconds } == true)
        let isEmpty = wheel.isEmpty
        #expect(isEmpty)
    }

    @Test("A deadline that was moved later or cancelled does not fire at the old time")
    func moved() {
        var wheel = TimerWheel(now: 0)
        let moved = Self.node(1)
        let cancelled = Self.node(2)
        defer {
            moved.deallocate()
            cancelled.deallocate()
        }
        wheel.set(moved, deadline: 100)
        wheel.set(cancelled, deadline: 100)
        wheel.set(moved, deadline: 500)
        wheel.set(cancelled, deadline: .max)
        let fired = Self.run(&wheel, from: 0, to: 1000, step: 4)
        #expect(fired.map(\.0) == [1])
        #expect(fired.allSatisfy { $0.1 >= 500 })
        let isEmpty = wheel.isEmpty
        #expect(isEmpty)
    }

    @Test("A deadline that was moved earlier fires at the new time")
    func earlier() {
        var wheel = TimerWheel(now: 0)
        let node = Self.node(1)
        defer { node.deallocate() }
        wheel.set(node, deadline: 60_000)
        wheel.set(node, deadline: 200)
        #expect(Self.run(&wheel, from: 0, to: 300, step: 1).map(\.0) == [1])
    }

    @Test("After a long pause everything that is due fires at once")
    func pause() {
        var wheel = TimerWheel(now: 0)
        let nodes = (0..<100).map { Self.node($0) }
        defer { for node in nodes { node.deallocate() } }
        for (index, node) in nodes.enumerated() { wheel.set(node, deadline: UInt64(index) * 997) }
        var count = 0
        while wheel.expire(now: 10_000_000) != nil { count += 1 }
        #expect(count == 100)
        let isEmpty = wheel.isEmpty
        #expect(isEmpty)
    }

    @Test("Any sequence of settings fires what a plain list would")
    func againstPlainList() {
        var random = SeededGenerator(state: 20)
        var wheel = TimerWheel(now: 0)
        let nodes = (0..<50).map { Self.node($0) }
        defer { for node in nodes { node.deallocate() } }
        var deadlines = [UInt64](repeating: .max, count: nodes.count)
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            let index = Int.random(in: 0..<nodes.count, using: &random)
            deadlines[index] = Bool.random(using: &random) ? now + UInt64.random(in: 0...50_000, using: &random) : .max
            wheel.set(nodes[index], deadline: deadlines[index])
            now += UInt64.random(in: 0...40, using: &random)
            while let node = wheel.expire(now: now) {
                let token = Int(node.pointee.token)
                #expect(deadlines[token] <= now)
                deadlines[token] = .max
            }
            let late = deadlines.contains { $0 != .max && $0 + 2 * TimerWheel.tickMilliseconds < now }
            #expect(!late)
        }
    }
}
