import DataPlane
import GatewayModel
import Glibc
import Testing

@Suite("Channel between supervisor and worker")
struct ChannelTests {
    private static let messages: [ChannelMessage] = [
        .keySet(uri: "https://login.test/keys", failure: nil),
        .keySet(uri: "https://login.test/keys", failure: "refused"),
        .keySetWanted(uri: "https://login.test/keys"),
        .firewallEvent(["type": "waf", "rules": [["id": 942_100]]], dropped: 3),
        .prepare(version: 3), .sockets([ListenAddress(address: "::1", port: 8080)]), .commit(version: .max),
        .abort(version: 1), .metrics, .drain(delayMilliseconds: 1, timeoutMilliseconds: 30_000, isReplaced: true),
        .ticketKeys([[0, 255], []]), .ready, .alive,
        .prepared(version: 3),
        .rejected(version: 3, reasons: [RejectedReason(kind: "route", name: "shop", message: "ü\n")]),
        .committed(version: 3), .metricsReport, .drained,
        .upstreams([
            UpstreamState(upstream: "orders", endpoints: nil, unhealthy: ["[::1]:80", "10.0.0.1:80"]),
            UpstreamState(upstream: "empty", endpoints: [], unhealthy: []),
            UpstreamState(upstream: "found", endpoints: endpoints(2), unhealthy: []),
        ]),
        .ejection(EndpointEjection(upstream: "a", endpoint: "[::1]:80", isEjected: true, reason: "consecutive-5xx")),
        .ejection(EndpointEjection(upstream: "a", endpoint: "10.0.0.1:80", isEjected: false, reason: "")),
    ]

    private static func endpoints(_ count: Int) -> [UpstreamEndpoint] {
        (0..<count).compactMap { index in
            IPAddress("10.0.\(index / 256).\(index % 256)").map {
                UpstreamEndpoint(address: $0, port: 65_535, weight: index, isBackup: index.isMultiple(of: 2))
            }
        }
    }

    @Test("Every message arrives as it was sent", arguments: messages)
    func roundTrip(message: ChannelMessage) throws {
        let (left, right) = try Channel.pair()
        defer { left.close(); right.close() }
        try left.send(message)
        #expect(try right.receive()?.0 == message)
        #expect(try right.receive() == nil)
    }

    @Test("A payload travels as a descriptor and is read whole")
    func payload() throws {
        let (left, right) = try Channel.pair()
        defer { left.close(); right.close() }
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let sent = try SharedPayload.write(bytes)
        try left.send(.prepare(version: 1), descriptors: [sent])
        close(sent)
        let received = try #require(try right.receive()?.1.first)
        #expect(try SharedPayload.read(received) == bytes)
        close(received)
    }

    @Test("States that do not fit a packet arrive all the same, and leave no descriptor behind")
    func largeStates() throws {
        let (left, right) = try Channel.pair()
        defer { left.close(); right.close() }
        let message = ChannelMessage.upstreams([
            UpstreamState(upstream: "many", endpoints: Self.endpoints(4_000), unhealthy: [])
        ])
        #expect(message.encoded().count > ChannelMessage.maximumBytes)
        try left.send(message)
        try left.send(.alive)
        let (received, descriptors) = try #require(try right.receive())
        #expect(received == message && descriptors.isEmpty)
        #expect(try right.receive()?.0 == .alive)
    }

    @Test("A state with a malformed endpoint is refused, not shortened")
    func malformedState() {
        let text =
            #"{"type":"upstreams","states":[{"upstream":"a","endpoints":[{"address":"x","port":1,"weight":1}],"unhealthy":[]}]}"#
        #expect(throws: ChannelError.malformed("unknown message")) { try ChannelMessage(parsing: Array(text.utf8)) }
    }

    @Test("A closed end is told apart from silence")
    func closed() throws {
        let (left, right) = try Channel.pair()
        left.close()
        #expect(throws: ChannelError.closed) { try right.receive() }
        #expect(throws: ChannelError.closed) { try right.send(.alive) }
        right.close()
    }

    @Test("Reasons that do not fit a packet are left out, the first ones stay")
    func longReasons() throws {
        let (left, right) = try Channel.pair()
        defer { left.close(); right.close() }
        let long = RejectedReason(kind: "route", name: "r", message: String(repeating: "x", count: 5_000))
        try left.send(.rejected(version: 1, reasons: Array(repeating: long, count: 500)))
        guard case .rejected(1, let reasons)? = try right.receive()?.0 else {
            Issue.record("no rejection")
            return
        }
        #expect(reasons.count == 100)
    }

    @Test("Metric samples survive the journey exactly")
    func samples() throws {
        let samples = [
            MetricSample("a_total", [.init("code", "200")], value: 9_007_199_254_740_991),
            MetricSample("b_seconds_sum", value: 0.125),
        ]
        #expect(try MetricSample.parse(MetricSample.encode(samples)) == samples)
    }
}
