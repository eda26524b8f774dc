import CEpoll
import Glibc

/// A bare relay from one port to another: one thread, edge-triggered epoll, keep-alive and a pool of idle connections
/// upstream. It parses and rewrites heads and does nothing else, so that its cost is the least that a proxy can have.
///
/// Per request: a read and a write on each side. `epoll_ctl` happens once per connection, allocation once per descriptor.
struct Relay {
    static let maxDescriptors = 65536

    let slots: UnsafeMutablePointer<Slot>
    /// Slots that have buffers: descriptors are small numbers, so these are the ones below.
    var slotCount: Int32 = 0
    let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: outputCapacity)
    let idle = UnsafeMutablePointer<Int32>.allocate(capacity: maxDescriptors)
    var idleCount = 0
    /// The address of whoever was accepted last, as text.
    let address = UnsafeMutablePointer<CChar>.allocate(capacity: Slot.addressCapacity)
    let epoll: Int32
    let listener: Int32
    let upstreamPort: UInt16
    var random: UInt64 = 0x9E37_79B9_7F4A_7C15

    init?(port: UInt16, upstreamPort: UInt16) {
        slots = .allocate(capacity: Self.maxDescriptors)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        listener = cepoll_listen(port)
        self.upstreamPort = upstreamPort
        guard epoll >= 0, listener >= 0, cepoll_add(epoll, listener, UInt64(UInt32(bitPattern: listener))) == 0 else {
            return nil
        }
    }

    mutating func run() {
        let capacity: Int32 = 256
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Int(capacity))
        while true {
            let count = epoll_wait(epoll, events, capacity, -1)
            guard count > 0 else { continue }
            for at in 0..<Int(count) { handle(events + at) }
        }
    }

    private mutating func handle(_ event: UnsafeMutablePointer<epoll_event>) {
        let token = cepoll_token(event)
        let fd = Int32(truncatingIfNeeded: token)
        if fd == listener { return acceptAll() }
        let slot = slots + Int(fd)
        guard slot.pointee.generation == UInt32(truncatingIfNeeded: token >> 32) else { return }
        let events = event.pointee.events
        if events & EPOLLOUT.rawValue != 0, slot.pointee.outputCount > 0 { flush(fd) }
        guard events & ~EPOLLOUT.rawValue != 0 else { return }
        switch slot.pointee.kind {
        case .client: clientReadable(fd)
        case .upstream: upstreamReadable(fd)
        case .free: break
        }
    }

    private mutating func acceptAll() {
        while true {
            let fd = cepoll_accept(listener, address)
            guard fd >= 0 else { return }
            guard adopt(fd, .client) else { continue }
            let slot = slots + Int(fd)
            memcpy(slot.pointee.address, address, Slot.addressCapacity)
            slot.pointee.addressCount = strlen(address)
        }
    }

    /// Gives a new descriptor its slot and registers it.
    mutating func adopt(_ fd: Int32, _ kind: Slot.Kind) -> Bool {
        guard fd < Int32(Self.maxDescriptors) else {
            close(fd)
            return false
        }
        while slotCount <= fd {
            (slots + Int(slotCount)).initialize(to: Slot())
            slotCount &+= 1
        }
        slots[Int(fd)].reset(kind)
        let token = UInt64(slots[Int(fd)].generation) << 32 | UInt64(UInt32(bitPattern: fd))
        return cepoll_add(epoll, fd, token) == 0
    }

    /// Writes at once what the socket takes and keeps the rest. False when the connection is gone or its buffer is full.
    mutating func send(_ fd: Int32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let slot = slots + Int(fd)
        var written = 0
        if slot.pointee.outputCount == 0 {
            written = write(fd, bytes, count)
            if written == count { return true }
            if written < 0 {
                guard errno == EAGAIN else { return false }
                written = 0
            }
            slot.pointee.outputStart = 0
        }
        let end = slot.pointee.outputStart &+ slot.pointee.outputCount
        guard end &+ count &- written <= outputCapacity else { return false }
        memcpy(slot.pointee.output + end, bytes + written, count &- written)
        slot.pointee.outputCount &+= count &- written
        return true
    }

    /// The socket takes bytes again. What was held back because of it goes on.
    private mutating func flush(_ fd: Int32) {
        let slot = slots + Int(fd)
        let written = write(fd, slot.pointee.output + slot.pointee.outputStart, slot.pointee.outputCount)
        guard written >= 0 else {
            if errno != EAGAIN { drop(fd) }
            return
        }
        slot.pointee.outputStart &+= written
        slot.pointee.outputCount &-= written
        let peer = slot.pointee.peer
        guard slot.pointee.outputCount == 0 else { return }
        if slot.pointee.closes, slot.pointee.kind == .client, peer < 0 { return drop(fd) }
        guard peer >= 0, slots[Int(peer)].isHeld else { return }
        slots[Int(peer)].isHeld = false
        if slot.pointee.kind == .client { upstreamReadable(peer) } else { clientReadable(peer) }
    }

    /// Closes a connection and the other side of its exchange.
    mutating func drop(_ fd: Int32) {
        let peer = slots[Int(fd)].peer
        release(fd)
        if peer >= 0 { release(peer) }
    }

    private mutating func release(_ fd: Int32) {
        slots[Int(fd)].reset(.free)
        for at in 0..<idleCount where idle[at] == fd {
            idleCount &-= 1
            idle[at] = idle[idleCount]
            break
        }
        close(fd)
    }
}
