import Synchronization

/// Values from one thread to another, with a wake-up beside them.
final class Mailbox<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let wakeUp: WakeUp

    /// A mailbox may share the wake-up of another: the reader then looks into both.
    init(_ wakeUp: WakeUp) { self.wakeUp = wakeUp }

    func put(_ value: Value) {
        self.values.withLock { $0.append(value) }
        self.wakeUp.ring()
    }

    /// Everything that came, oldest first.
    func takeAll() -> [Value] {
        self.values.withLock { values in
            defer { values = [] }
            return values
        }
    }

    /// Waits on the wake-up (a blocking one) until there is something.
    func waitForAll() -> [Value] {
        while true {
            let values = self.takeAll()
            if !values.isEmpty { return values }
            self.wakeUp.wait()
        }
    }

    /// Waits until there is something, but not longer than so many milliseconds.
    func waitForAll(upTo milliseconds: Int32) -> [Value] {
        let values = self.takeAll()
        guard values.isEmpty, self.wakeUp.isRung(within: milliseconds) else { return values }
        self.wakeUp.wait()
        return self.takeAll()
    }
}
