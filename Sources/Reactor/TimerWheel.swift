/// One timer, embedded in the memory of what it belongs to.
///
/// Moving the deadline later costs a store: the wheel finds out when the old slot comes round.
package struct TimerNode {
    fileprivate var previous: UnsafeMutablePointer<TimerNode>?
    fileprivate var next: UnsafeMutablePointer<TimerNode>?
    /// Milliseconds on the loop's clock; `.max` means none.
    package fileprivate(set) var deadline: UInt64 = .max
    /// The tick whose slot the node hangs in; meaningful while linked.
    fileprivate var tick: UInt64 = 0
    fileprivate var isLinked = false
    /// The owner's, given back when the timer fires.
    package let token: UInt64

    package init(token: UInt64) {
        self.token = token
    }
}

/// A hashed timer wheel: constant time to set, move and cancel, whatever the number of connections.
///
/// Deadlines beyond one turn wait in the slot they will come round in. Resolution is one tick; a timer never fires early.
/// Time arrives as an argument.
package struct TimerWheel: ~Copyable {
    package typealias Node = UnsafeMutablePointer<TimerNode>

    package static let tickMilliseconds: UInt64 = 16
    private static let slotCount: UInt64 = 2048

    private let slots: UnsafeMutablePointer<Node?>
    private var currentTick: UInt64
    private var linkedCount = 0

    package init(now: UInt64) {
        self.slots = .allocate(capacity: Int(Self.slotCount))
        self.slots.initialize(repeating: nil, count: Int(Self.slotCount))
        self.currentTick = now / Self.tickMilliseconds
    }

    deinit {
        self.slots.deallocate()
    }

    package var isEmpty: Bool { self.linkedCount == 0 }

    /// Sets or moves the deadline; `.max` cancels.
    package mutating func set(_ node: Node, deadline: UInt64) {
        node.pointee.deadline = deadline
        if node.pointee.isLinked {
            // Later than planned, or cancelled: the slot will tell.
            if deadline == .max || deadline / Self.tickMilliseconds + 1 >= node.pointee.tick { return }
            self.unlink(node)
        }
        if deadline != .max { self.link(node) }
    }

    /// Forgets the node; its memory may go.
    package mutating func remove(_ node: Node) {
        node.pointee.deadline = .max
        if node.pointee.isLinked { self.unlink(node) }
    }

    /// The next timer that is due at `now`, without its deadline any more; `nil` when none is left.
    ///
    /// Call until `nil`. Timers set meanwhile are seen by a later call.
    package mutating func expire(now: UInt64) -> Node? {
        let nowTick = now / Self.tickMilliseconds
        // After a long pause one turn of the wheel sees every slot.
        if nowTick > self.currentTick + Self.slotCount { self.currentTick = nowTick - Self.slotCount }
        while self.currentTick <= nowTick {
            var cursor = self.slots[Int(self.currentTick % Self.slotCount)]
            while let node = cursor {
                cursor = node.pointee.next
                guard node.pointee.tick <= self.currentTick else { continue }
                self.unlink(node)
                let deadline = node.pointee.deadline
                if deadline <= now {
                    node.pointee.deadline = .max
                    return node
                }
                if deadline != .max { self.link(node) }
            }
            if self.currentTick == nowTick { break }
            self.currentTick += 1
        }
        return nil
    }

    private mutating func link(_ node: Node) {
        // One tick later than the deadline's own, so that it has surely passed.
        let tick = max(node.pointee.deadline / Self.tickMilliseconds + 1, self.currentTick + 1)
        let slot = Int(tick % Self.slotCount)
        node.pointee.tick = tick
        node.pointee.previous = nil
        node.pointee.next = self.slots[slot]
        self.slots[slot]?.pointee.previous = node
        self.slots[slot] = node
        node.pointee.isLinked = true
        self.linkedCount += 1
    }

    private mutating func unlink(_ node: Node) {
        if let previous = node.pointee.previous {
            previous.pointee.next = node.pointee.next
        } else {
            self.slots[Int(node.pointee.tick % Self.slotCount)] = node.pointee.next
        }
        node.pointee.next?.pointee.previous = node.pointee.previous
        node.pointee.previous = nil
        node.pointee.next = nil
        node.pointee.isLinked = false
        self.linkedCount -= 1
    }
}
