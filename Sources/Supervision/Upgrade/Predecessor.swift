import DataPlane
import Glibc

/// The supervisor that started this process to take its place.
struct Predecessor {
    /// How long it may take to say what it leaves.
    static let patienceMilliseconds: Int32 = 10_000

    let channel: Channel
    /// Whether it knows that this process serves.
    var knowsReady = false
    /// Whether it served anything.
    private(set) var wasServing = true

    init(descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.channel = Channel(descriptor: descriptor)
    }

    /// Blocks until everything has come.
    mutating func inherit() throws(StartFailure) -> Inheritance {
        do throws(ChannelError) {
            var inheritance = Inheritance()
            while !(try self.takePacket(&inheritance)) {}
            self.wasServing = inheritance.isServing
            return inheritance
        } catch {
            throw StartFailure(sentences: ["--handover: nothing usable was handed over: \(error)"])
        }
    }

    private func takePacket(_ inheritance: inout Inheritance) throws(ChannelError) -> Bool {
        guard let (message, descriptors) = try self.nextMessage() else {
            var poller = Poller<Void>()
            poller.watch(self.channel.descriptor, ())
            guard !poller.wait(milliseconds: Self.patienceMilliseconds).isEmpty else { throw .failed(errno: ETIMEDOUT) }
            return false
        }
        return try inheritance.add(message, descriptors, at: .now())
    }

    func nextMessage() throws(ChannelError) -> (HandoverMessage, [Int32])? {
        guard let (packet, descriptors) = try self.channel.receivePacket() else { return nil }
        return (try HandoverMessage(parsing: packet), descriptors)
    }
}
