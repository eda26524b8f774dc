import DataPlane
import GatewayModel
import Glibc
import Testing

@testable import Supervision

@Suite("What a supervisor hands over")
struct HandoverTests {
    private static let address = ListenAddress(address: "127.0.0.1", port: 80)
    private static let admin = ListenAddress(address: "::1", port: 9701)
    private static let start = Instant(milliseconds: 0)
    private static let messages: [HandoverMessage] = [
        .sockets([address, address]), .admin(admin), .lock, .ticketKeys([[1, 254], []], rotatesInMilliseconds: 17),
        .upgrades(succeeded: 3, failed: 1), .upstreams, .keySets,
        .everything(isServing: false, identity: "file-1"), .everything(isServing: true, identity: nil), .takeOver,
        .ready,
    ]

    @Test("Every message is read as it was written", arguments: messages)
    func roundTrip(message: HandoverMessage) throws {
        #expect(try HandoverMessage(parsing: message.encoded()) == message)
    }

    @Test(
        "What is no message is refused",
        arguments: ["", "{}", "[]", #"{"type":"sockets","addresses":[{"address":"127.0.0.1","port":70000}]}"#])
    func refused(text: String) {
        #expect(throws: ChannelError.self) { try HandoverMessage(parsing: Array(text.utf8)) }
    }

    /// A descriptor that nothing else has.
    private static func descriptor() -> Int32 { dup(STDERR_FILENO) }

    @Test("Everything arrives, with hundreds of sockets too")
    func everything() throws {
        let (left, right) = try Channel.pair()
        let sockets = (0..<450).map { _ in Self.descriptor() }
        var estate = Inheritance(sockets: [Self.address: sockets], lock: Self.descriptor())
        estate.setAdmin(Self.descriptor(), Self.admin)
        estate.upgrades = UpgradeCounts(succeeded: 2, failed: 1)
        estate.identity = "file-1"
        estate.keySets = KnownKeySets(parsing: Array(#"{"https://a.test/keys":"{}"}"#.utf8)) ?? KnownKeySets()
        estate.upstreams = ["a", "b"].map { name in
            KnownUpstream(
                state: UpstreamState(
                    upstream: name, endpoints: (1...2_000).map { Sample.endpoint("10.0.\($0 / 250).\($0 % 250)") },
                    unhealthy: ["10.0.0.1:80"]),
                discovery: Discovery(
                    source: name == "a" ? .dns(port: 80) : .dnsSRV, hostname: "\(name).test", refresh: 5_000))
        }
        let key = [UInt8](repeating: 7, count: TicketKeyRing.keyBytes)
        estate.ticketKeys = TicketKeyRing(handed: [key], rotatesInMilliseconds: 60_000, at: Self.start)
        try Successor(pid: 0, channel: left).bequeath(estate, at: Self.start)
        var predecessor = Predecessor(descriptor: right.descriptor)
        var inherited = try predecessor.inherit()
        #expect(inherited.sockets[Self.address]?.count == 450)
        #expect(inherited.upgrades == estate.upgrades && inherited.ticketKeys?.keys == [key])
        #expect(inherited.identity == "file-1" && inherited.upstreams == estate.upstreams)
        #expect(inherited.keySets == estate.keySets && !inherited.keySets.isEmpty)
        #expect(inherited.lock != nil && predecessor.wasServing)
        let admin = inherited.takeAdmin(Self.admin) ?? -1
        #expect(admin >= 0)
        for descriptor in sockets + (inherited.sockets[Self.address] ?? []) + [admin] { close(descriptor) }
        left.close()
        right.close()
    }

    @Test("An admin socket of another port is not taken")
    func otherAdminPort() throws {
        var inheritance = Inheritance()
        let (left, right) = try Channel.pair()
        inheritance.setAdmin(left.descriptor, Self.admin)
        #expect(inheritance.takeAdmin(Self.address) == nil)
        // Closed: its other end sees that. The number alone may be another test's by now.
        #expect(throws: ChannelError.closed) { try right.receive() }
        right.close()
    }

    @Test("A message without its descriptors, or out of turn, is refused")
    func malformed() {
        var inheritance = Inheritance()
        #expect(throws: ChannelError.self) { try inheritance.add(.lock, [], at: Self.start) }
        #expect(throws: ChannelError.self) { try inheritance.add(.ready, [], at: Self.start) }
    }

    @Test("A predecessor that is gone before it has said everything is a failure to start")
    func goneEarly() throws {
        let (left, right) = try Channel.pair()
        try left.send(packet: HandoverMessage.upgrades(succeeded: 0, failed: 0).encoded())
        left.close()
        var predecessor = Predecessor(descriptor: right.descriptor)
        #expect(throws: StartFailure.self) { try predecessor.inherit() }
        right.close()
    }

    @Test("Fewer workers share out the surplus sockets, more open the missing ones")
    func sharing() throws {
        var sockets = ListeningSockets(workers: 2, inherited: [Self.address: [10, 11, 12, 13, 14]])
        #expect(sockets.sockets(for: 0, at: Self.address) == [10, 12, 14])
        #expect(sockets.sockets(for: 1, at: Self.address) == [11, 13])
        try sockets.add([Self.address])
        #expect(sockets.open[Self.address]?.count == 5)
    }
}
