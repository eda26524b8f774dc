import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Routing
import Testing

@Suite("Policies for fields of answers in a compiled configuration")
struct AnswerFieldsTests {
    static func policy(_ name: String, _ settings: String) throws -> SnapshotEntry {
        try Sample.entry(.trafficPolicy, #"{"name":"\#(name)","type":"headers","headers":\#(settings)}"#, order: 0)
    }

    static func content() throws -> SnapshotContent {
        var content = SnapshotContent(identity: "me")
        for entry in [
            try Self.policy("pages", #"{"presets":["security"]}"#),
            try Self.policy(
                "mixed", #"{"presets":["security"],"set":{"X-Frame-Options":"DENY"},"remove":["Referrer-Policy"]}"#),
            try Self.policy("plain", #"{"add":{"X-A":["1","2"]}}"#),
            try Sample.entry(.listener, #"{"name":"web","port":8080,"policies":["pages"]}"#, order: 1),
            try Sample.upstream("a"), try CompressionTests.route("inherits", ""),
            try CompressionTests.route("own", #","policies":["plain","mixed"]"#),
            try CompressionTests.route("none", #","inherit":false"#),
        ] { content.set(entry) }
        content.version = 1
        return content
    }

    private func lines(_ plan: AnswerFieldsPlan?) -> [String]? {
        plan?.lines.map { String(decoding: $0.text.dropLast(2), as: UTF8.self) + ($0.yields ? "" : " !") }
    }

    private func found(_ gateway: Gateway, _ path: String) throws -> (lines: [String]?, inherits: Bool) {
        var text = path
        let route = text.withUTF8 {
            gateway.find(group: 0, host: UnsafeRawBufferPointer(start: nil, count: 0), path: UnsafeRawBufferPointer($0))
        }
        let compiled = try #require(route).takeUnretainedValue()
        return (self.lines(compiled.answersPlan?.takeUnretainedValue()), compiled.inheritsFaults)
    }

    @Test("A preset yields, except where the policy itself speaks of a field, and the last policy of a route counts")
    func routes() throws {
        let gateway = try Gateway.serving(try Self.content().full())
        let own = try self.found(gateway, "/own").lines
        #expect(
            own == [
                "Strict-Transport-Security: max-age=31536000; includeSubDomains", "X-Content-Type-Options: nosniff",
                "Content-Security-Policy: frame-ancestors 'self'", "Cross-Origin-Opener-Policy: same-origin",
                "X-Frame-Options: DENY !",
            ])
        #expect(try self.found(gateway, "/none") == (nil, false))
        #expect(try self.found(gateway, "/inherits") == (nil, true))
        #expect(self.lines(gateway.groups[0].answers.first ?? nil)?.count == 6)
    }

    @Test("Only what promises TLS needs it, and room is what all lines take")
    func plans() throws {
        let gateway = try Gateway.serving(try Self.content().full())
        let plan = try #require(gateway.groups[0].answers.first ?? nil)
        #expect(plan.lines.map(\.needsTLS) == [true, false, false, false, false, false])
        #expect(plan.room == plan.lines.reduce(0) { $0 + $1.text.count } && plan.needsTLS)
    }

    @Test("A changed policy reaches the listener that names it")
    func changes() throws {
        let content = try Self.content()
        let gateway = try Gateway.serving(content.full())
        let update = Sample.delta(content, upserts: [try Self.policy("pages", #"{"set":{"X-B":"2"}}"#)])
        #expect(gateway.commit(try gateway.prepare(update)).changedGroups == [0])
        #expect(self.lines(gateway.groups[0].answers.first ?? nil) == ["X-B: 2 !"])
    }
}
