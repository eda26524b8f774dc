import GatewayModel
import Routing
import Testing

@Suite("Where browsers reach a listener")
struct PublicPortTests {
    private static func port(_ document: JSON) throws -> PublicPort {
        guard case .listener(let listener) = try Resource(kind: .listener, name: "web", document: document).spec else {
            throw NotARoute()
        }
        return PublicPort(listener)
    }

    @Test("Behind a proxy that ends TLS the port is the scheme's, unless one is said")
    func behindProxy() throws {
        let plain = try Self.port(["port": 8080])
        #expect(plain.seen(isSecure: false, endsTLS: false) == 8080)
        #expect(plain.seen(isSecure: true, endsTLS: false) == 443)
        #expect(plain.seen(isSecure: false, endsTLS: true) == 80)
        let said = try Self.port(["port": 8080, "publicPort": 8443])
        #expect(said.seen(isSecure: true, endsTLS: false) == 8443)
    }
}
