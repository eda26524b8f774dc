import DataPlane
import Glibc

/// A process that was started to take this one's place.
struct Successor {
    let pid: pid_t
    let channel: Channel

    /// - Parameters:
    ///   - program: an absolute path.
    ///   - arguments: without the program's name.
    static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String]
    ) throws(SystemError) -> Successor {
        let ends: (Channel, Channel)
        do { ends = try Channel.pair() } catch { throw SystemError("make a socket pair") }
        defer { ends.1.close() }
        let handover = ["--handover", String(ChildProcess.channelDescriptor)]
        do throws(SystemError) {
            let pid = try ChildProcess.spawn(
                program, [program] + arguments + handover, environment, channel: ends.1.descriptor)
            return Successor(pid: pid, channel: ends.0)
        } catch {
            ends.0.close()
            throw error
        }
    }

    /// Sends copies of everything.
    func bequeath(_ inheritance: Inheritance, at now: Instant) throws(ChannelError) {
        if !inheritance.upstreams.isEmpty {
            let payload = try KnownUpstream.write(inheritance.upstreams)
            defer { close(payload) }
            try self.channel.send(packet: HandoverMessage.upstreams.encoded(), descriptors: [payload])
        }
        if !inheritance.keySets.isEmpty {
            let payload = try SharedPayload.write(inheritance.keySets.encoded())
            defer { close(payload) }
            try self.channel.send(packet: HandoverMessage.keySets.encoded(), descriptors: [payload])
        }
        for (message, descriptors) in inheritance.packets(at: now) {
            try self.channel.send(packet: message.encoded(), descriptors: descriptors)
        }
    }

    /// The next message; a successor sends no descriptors, and those that come are closed.
    func nextMessage() throws(ChannelError) -> HandoverMessage? {
        guard let (packet, descriptors) = try self.channel.receivePacket() else { return nil }
        for descriptor in descriptors { close(descriptor) }
        return try HandoverMessage(parsing: packet)
    }
}
