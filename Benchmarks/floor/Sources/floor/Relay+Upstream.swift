import CEpoll
import Glibc

extension Relay {
    mutating func upstreamReadable(_ fd: Int32) {
        let slot = slots + Int(fd)
        let generation = slot.pointee.generation
        while true {
            let client = slot.pointee.peer
            if client >= 0, slots[Int(client)].outputCount > 0 {
                slot.pointee.isHeld = true
                return
            }
            let space = inputCapacity &- slot.pointee.inputCount
            let got = read(fd, slot.pointee.input + slot.pointee.inputCount, space)
            guard got > 0, client >= 0 else {
                // An end, or bytes that nobody asked for.
                if got >= 0 || errno != EAGAIN { drop(fd) }
                return
            }
            slot.pointee.inputCount &+= got
            relayAnswer(fd, client)
            guard got == space, slot.pointee.generation == generation else { return }
        }
    }

    private mutating func relayAnswer(_ fd: Int32, _ client: Int32) {
        let slot = slots + Int(fd)
        if slot.pointee.headDone {
            let count = slot.pointee.inputCount
            guard count <= slot.pointee.bodyLeft, send(client, slot.pointee.input, count) else { return drop(fd) }
            slot.pointee.bodyLeft &-= count
        } else {
            guard relayHead(fd, client) else { return }
        }
        slot.pointee.inputCount = 0
        if slot.pointee.bodyLeft == 0 { finish(fd, client) }
    }

    /// Sends the answer's head and what came of its body. False when there is nothing more to do now.
    private mutating func relayHead(_ fd: Int32, _ client: Int32) -> Bool {
        let slot = slots + Int(fd)
        var head = Head(host: UnsafeRawBufferPointer(start: nil, count: 0))
        switch rewriteHead(slot.pointee.input, slot.pointee.inputCount, isRequest: false, into: scratch, &head) {
        case .incomplete: return false
        case .malformed:
            drop(fd)
            return false
        case .complete: break
        }
        let hasBody = !slot.pointee.isHead && head.status != 204 && head.status != 304
        let body = slot.pointee.inputCount &- head.size
        guard head.status >= 200, body <= (hasBody ? head.contentLength : 0) else {
            drop(fd)
            return false
        }
        scratch[head.written] = 0x0D
        scratch[head.written &+ 1] = 0x0A
        memcpy(scratch + head.written + 2, slot.pointee.input + head.size, body)
        slot.pointee.headDone = true
        slot.pointee.closes = head.closes
        slot.pointee.bodyLeft = hasBody ? head.contentLength &- body : 0
        guard send(client, scratch, head.written &+ 2 &+ body) else {
            drop(fd)
            return false
        }
        return true
    }

    /// The exchange is over: the upstream connection goes back to the pool, the client may ask again.
    private mutating func finish(_ fd: Int32, _ client: Int32) {
        let slot = slots + Int(fd)
        let other = slots + Int(client)
        slot.pointee.peer = -1
        other.pointee.peer = -1
        if slot.pointee.closes || other.pointee.bodyLeft > 0 {
            drop(fd)
        } else {
            slot.pointee.headDone = false
            idle[idleCount] = fd
            idleCount &+= 1
        }
        if other.pointee.bodyLeft > 0 || (other.pointee.closes && other.pointee.outputCount == 0) {
            return drop(client)
        }
        advance(client)
        if other.pointee.isHeld, other.pointee.inputCount < inputCapacity {
            other.pointee.isHeld = false
            clientReadable(client)
        }
    }
}
