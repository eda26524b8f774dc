import DataPlane
import Testing

@testable import Supervision

@Suite("Admin port")
struct AdminTests {
    @Test(
        "Only loopback names and the bound address are answered",
        arguments: [
            ("localhost", true), ("127.0.0.1", true), ("[::1]", true), ("10.0.0.7", true), ("10.0.0.8", false),
            ("evil.example", false), ("", true),
        ])
    func hosts(host: String, isAccepted: Bool) {
        #expect(AdminHosts(bound: ListenAddress(address: "10.0.0.7", port: 9701)).accepts(host) == isAccepted)
    }

    @Test("A port bound to all addresses answers to every IP literal, and to no name")
    func wildcard() {
        let hosts = AdminHosts(bound: ListenAddress(address: "0.0.0.0", port: 9701))
        #expect(hosts.accepts("192.0.2.1"))
        #expect(!hosts.accepts("gateway.example"))
    }

    @Test("A head is understood when it is whole, and refused when it is none")
    func heads() {
        let head = Array("GET /readyz?x=1 HTTP/1.1\r\nHost: LOCALHOST:9701\r\n\r\n".utf8)
        #expect(AdminRequest(parsing: head) == .call(method: "GET", path: "/readyz", host: "localhost"))
        #expect(AdminRequest(parsing: Array(head.dropLast())) == .incomplete)
        #expect(AdminRequest(parsing: Array("GET / HTTP/1.1\r\n\r\n".utf8)) == .refused(status: 400))
        #expect(AdminRequest(parsing: Array(repeating: 0x41, count: 9_000)) == .refused(status: 400))
    }
}
