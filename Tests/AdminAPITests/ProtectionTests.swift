import GatewayModel
import Testing

@testable import AdminAPI

@Suite("Protected routes")
struct ProtectionTests {
    private static func isProtected(
        route: JSON, inherit: Bool = true, listeners: [JSON] = [[]], observe: Bool = false
    ) throws -> Bool {
        var configuration = Configuration()
        configuration.set(
            try Resource(kind: .authPolicy, name: "key", document: ["type": "api-key", "observe": .bool(observe)]))
        configuration.set(try Resource(kind: .authPolicy, name: "page", document: ["type": "csrf"]))
        for (index, policies) in listeners.enumerated() {
            let document: JSON = ["port": .integer(Int64(8000 + index)), "policies": policies]
            configuration.set(try Resource(kind: .listener, name: "web\(index)", document: document))
        }
        let document: JSON = ["forward": [["upstream": "a"]], "policies": route, "inherit": .bool(inherit)]
        let resource = try Resource(kind: .route, name: "shop", document: document)
        configuration.set(resource)
        let view = ConfigurationView(configuration, replaced: [:], shadowed: [])
        guard let route = view.route(resource.key) else { return false }
        return view.protection(of: route) == .strangers
    }

    @Test("A route is protected by a policy of its own, or of every listener that it inherits from")
    func protected() throws {
        #expect(try Self.isProtected(route: ["key"]))
        #expect(try Self.isProtected(route: [], listeners: [["key"]]))
        #expect(try Self.isProtected(route: ["page"], listeners: [["key"], ["page", "key"]]))
    }

    @Test("It is not by one that observes, that keeps nobody out, or that is not inherited")
    func open() throws {
        #expect(try !Self.isProtected(route: []))
        #expect(try !Self.isProtected(route: ["page"], listeners: [["page"]]))
        #expect(try !Self.isProtected(route: ["key"], observe: true))
        #expect(try !Self.isProtected(route: [], inherit: false, listeners: [["key"]]))
        #expect(try !Self.isProtected(route: [], listeners: [["key"], []]))
    }
}
