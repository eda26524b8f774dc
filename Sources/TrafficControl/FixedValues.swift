/// Values at an address of their own: reading them counts no reference.
// Justified: they are never written to after they are made, and whoever makes them keeps what they point to.
package final class FixedValues<Value>: @unchecked Sendable {
    package let all: UnsafeBufferPointer<Value>

    init(_ values: some Collection<Value>) {
        let copy = UnsafeMutableBufferPointer<Value>.allocate(capacity: values.count)
        _ = copy.initialize(from: values)
        self.all = UnsafeBufferPointer(copy)
    }

    deinit {
        let memory = UnsafeMutableBufferPointer(mutating: self.all)
        memory.deinitialize()
        memory.deallocate()
    }
}
