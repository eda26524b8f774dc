import CEpoll
import Glibc

extension Relay {
    mutating func clientReadable(_ fd: Int32) {
        let slot = slots + Int(fd)
        let generation = slot.pointee.generation
        while true {
            if slot.pointee.peer >= 0, slots[Int(slot.pointee.peer)].outputCount > 0 {
                slot.pointee.isHeld = true
                return
            }
            let space = inputCapacity &- slot.pointee.inputCount
            // A full buffer is a client that pipelines: it waits for its answers, and then `advance` makes space.
            guard space > 0 else {
                slot.pointee.isHeld = true
                return
            }
            let got = read(fd, slot.pointee.input + slot.pointee.inputCount, space)
            guard got > 0 else {
                if got == 0 || errno != EAGAIN { drop(fd) }
                return
            }
            slot.pointee.inputCount &+= got
            advance(fd)
            guard got == space, slot.pointee.generation == generation else { return }
        }
    }

    /// Does with the client's input what can be done: the rest of a body goes on, a new request starts.
    mutating func advance(_ fd: Int32) {
        let slot = slots + Int(fd)
        if slot.pointee.peer < 0 { return startRequest(fd) }
        let count = min(slot.pointee.bodyLeft, slot.pointee.inputCount)
        guard count > 0 else { return }
        guard send(slot.pointee.peer, slot.pointee.input, count) else { return drop(fd) }
        slot.pointee.bodyLeft &-= count
        slot.pointee.consume(count)
    }

    private mutating func startRequest(_ fd: Int32) {
        let slot = slots + Int(fd)
        guard slot.pointee.inputCount > 0 else { return }
        var head = Head(host: UnsafeRawBufferPointer(start: nil, count: 0))
        switch rewriteHead(slot.pointee.input, slot.pointee.inputCount, isRequest: true, into: scratch, &head) {
        case .incomplete: return
        case .malformed: return drop(fd)
        case .complete: break
        }
        addFields(slot, &head)
        let upstream = takeUpstream()
        guard upstream >= 0 else { return drop(fd) }
        slot.pointee.peer = upstream
        slot.pointee.closes = head.closes
        slots[Int(upstream)].peer = fd
        slots[Int(upstream)].isHead = head.isHead
        let body = min(head.contentLength, slot.pointee.inputCount &- head.size)
        memcpy(scratch + head.written, slot.pointee.input + head.size, body)
        slot.pointee.bodyLeft = head.contentLength &- body
        slot.pointee.consume(head.size &+ body)
        if !send(upstream, scratch, head.written &+ body) { drop(fd) }
    }

    private mutating func takeUpstream() -> Int32 {
        if idleCount > 0 {
            idleCount &-= 1
            return idle[idleCount]
        }
        let fd = cepoll_connect(upstreamPort)
        return fd >= 0 && adopt(fd, .upstream) ? fd : -1
    }

    private mutating func addFields(_ slot: UnsafeMutablePointer<Slot>, _ head: inout Head) {
        append("X-Forwarded-For: ", &head)
        memcpy(scratch + head.written, slot.pointee.address, slot.pointee.addressCount)
        head.written &+= slot.pointee.addressCount
        append("\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ", &head)
        if let host = head.host.baseAddress { memcpy(scratch + head.written, host, head.host.count) }
        head.written &+= head.host.count
        append("\r\nX-Request-Id: ", &head)
        appendIdentifier(&head)
        append("\r\n\r\n", &head)
    }

    private func append(_ text: StaticString, _ head: inout Head) {
        memcpy(scratch + head.written, text.utf8Start, text.utf8CodeUnitCount)
        head.written &+= text.utf8CodeUnitCount
    }

    /// 32 hexadecimal digits (xorshift).
    private mutating func appendIdentifier(_ head: inout Head) {
        for _ in 0..<2 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            var rest = random
            for at in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: rest & 15)
                scratch[head.written &+ at] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
                rest >>= 4
            }
            head.written &+= 16
        }
    }
}
