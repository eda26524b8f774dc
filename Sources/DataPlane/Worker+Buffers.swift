import Reactor

extension Worker {
    /// Keeps bytes that cannot be used yet behind those already kept for the client.
    func keep(_ client: ClientRef, _ bytes: UnsafePointer<UInt8>, count: Int) {
        self.append(bytes, count: count, to: &client.pointee.input)
    }

    /// Appends to a buffer, which is borrowed or exchanged for a larger one as needed.
    ///
    /// What is ever held is bounded by construction: nothing is read while earlier bytes wait.
    func append(_ bytes: UnsafePointer<UInt8>, count: Int, to slot: inout Buffer?) {
        guard count > 0 else { return }
        var buffer = slot ?? self.buffers.borrow(count)
        if buffer.capacity - buffer.end < count { buffer.compact() }
        if buffer.capacity - buffer.end < count { buffer = self.enlarge(buffer, to: buffer.count + count) }
        (buffer.base + buffer.end).update(from: bytes, count: count)
        buffer.end += count
        slot = buffer
    }

    /// Sees to free room behind the bytes; `false` when the largest buffer is full.
    func makeRoom(_ slot: inout Buffer?) -> Bool {
        guard var buffer = slot else { return false }
        if buffer.end == buffer.capacity { buffer.compact() }
        if buffer.end == buffer.capacity, buffer.capacity < BufferPool.largeSize {
            buffer = self.enlarge(buffer, to: BufferPool.largeSize)
        }
        slot = buffer
        return buffer.end < buffer.capacity
    }

    private func enlarge(_ buffer: Buffer, to count: Int) -> Buffer {
        var larger = self.buffers.borrow(max(count, buffer.count, BufferPool.smallSize + 1))
        larger.base.update(from: buffer.first, count: buffer.count)
        larger.end = buffer.count
        self.buffers.giveBack(buffer)
        return larger
    }

    /// Takes bytes off the front; an empty buffer is given back.
    func drop(_ count: Int, from slot: inout Buffer?) {
        guard slot != nil else { return }
        slot?.start += count
        if slot?.isEmpty == true { self.giveBack(&slot) }
    }

    func giveBack(_ slot: inout Buffer?) {
        guard let buffer = slot else { return }
        slot = nil
        self.buffers.giveBack(buffer)
    }
}
