import CLinux
import Glibc

/// Why a message could not be sent or read.
package enum ChannelError: Error, Equatable {
    /// The other side is gone.
    case closed
    /// The other side does not read; nothing was sent.
    case full
    case malformed(String)
    case failed(errno: Int32)
}

/// One end of the socket pair between supervisor and worker: whole messages, with descriptors beside them.
///
/// A value around a descriptor that its owner closes. Sending and receiving never block.
package struct Channel: Sendable {
    /// The most descriptors one message may carry; the kernel's own limit is 253.
    package static let maximumDescriptors = 200

    /// What to poll; the owner closes it.
    package let descriptor: Int32

    /// Makes the descriptor non-blocking.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    }

    /// Both ends, close-on-exec.
    package static func pair() throws(ChannelError) -> (Channel, Channel) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .failed(errno: errno) }
        return (Channel(descriptor: ends[0]), Channel(descriptor: ends[1]))
    }

    /// Says that the packet is in the memfd that comes along.
    private static let shared = Array("shared".utf8)

    /// Sends one packet. The descriptors stay the caller's. A message that is too large for a packet and has no
    /// descriptors of its own travels as a `SharedPayload`; the receiver does not notice.
    package func send(_ message: ChannelMessage, descriptors: [Int32] = []) throws(ChannelError) {
        let bytes = message.encoded()
        guard bytes.count > ChannelMessage.maximumBytes, descriptors.isEmpty else {
            return try self.send(packet: bytes, descriptors: descriptors)
        }
        let payload = try SharedPayload.write(bytes)
        defer { Glibc.close(payload) }
        try self.send(packet: Self.shared, descriptors: [payload])
    }

    /// Sends bytes that are not a `ChannelMessage`, at most `ChannelMessage.maximumBytes`.
    package func send(packet bytes: [UInt8], descriptors: [Int32] = []) throws(ChannelError) {
        while true {
            if clinux_send_with_fds(self.descriptor, bytes, bytes.count, descriptors, descriptors.count) >= 0 { return }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS: throw .full
            case EPIPE, ECONNRESET, ENOTCONN: throw .closed
            case let code: throw .failed(errno: code)
            }
        }
    }

    /// The next packet with its descriptors, which are the caller's to close; `nil` when nothing waits.
    package func receive() throws(ChannelError) -> (ChannelMessage, [Int32])? {
        guard let (bytes, descriptors) = try self.receivePacket() else { return nil }
        do throws(ChannelError) {
            guard bytes == Self.shared, let payload = descriptors.first else {
                return (try ChannelMessage(parsing: bytes), descriptors)
            }
            let message = try ChannelMessage(parsing: try SharedPayload.read(payload))
            for descriptor in descriptors { Glibc.close(descriptor) }
            return (message, [])
        } catch {
            for descriptor in descriptors { Glibc.close(descriptor) }
            throw error
        }
    }

    /// The next packet as it came, with its descriptors, which are the caller's to close; `nil` when nothing waits.
    package func receivePacket() throws(ChannelError) -> ([UInt8], [Int32])? {
        var bytes = [UInt8](repeating: 0, count: ChannelMessage.maximumBytes + 1)
        var descriptors = [Int32](repeating: -1, count: Self.maximumDescriptors)
        guard let (count, held, truncated) = try self.receive(into: &bytes, &descriptors) else { return nil }
        descriptors.removeLast(descriptors.count - held)
        do throws(ChannelError) {
            guard count > 0 else { throw .closed }
            guard !truncated else { throw .malformed("a packet was too large") }
            bytes.removeLast(bytes.count - count)
            return (bytes, descriptors)
        } catch {
            for descriptor in descriptors { Glibc.close(descriptor) }
            throw error
        }
    }

    /// Closes this end; the other side then reads `closed`.
    package func close() { Glibc.close(self.descriptor) }

    private func receive(
        into bytes: inout [UInt8], _ descriptors: inout [Int32]
    ) throws(ChannelError) -> (count: Int, held: Int, truncated: Bool)? {
        while true {
            var held = descriptors.count
            var truncated: Int32 = 0
            let count = clinux_receive_with_fds(
                self.descriptor, &bytes, bytes.count, &descriptors, &held, &truncated)
            if count >= 0 { return (count, held, truncated != 0) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            case ECONNRESET: throw .closed
            case let code: throw .failed(errno: code)
            }
        }
    }
}
