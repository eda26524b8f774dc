import Firewall
import GatewayModel
import Testing

@Suite struct FirewallPlaceholder {
    @Test func scans() throws {
        let firewall = try FirewallLibrary.debian.firewall(WAFPolicy())
        var request = FirewallRequest()
        func verdict(_ target: String) -> FirewallVerdict {
            request.begin(method: "GET".utf8.span, target: target.utf8.span, version: "1.1")
            for (name, value) in [("Host", "shop.example.com"), ("User-Agent", "Mozilla/5.0"), ("Accept", "*/*")] {
                request.append(name: name.utf8.span, value: value.utf8.span)
            }
            request.clientAddress = "192.0.2.1"
            return firewall.scan(request)
        }
        #expect(verdict("/api/orders?page=2") == FirewallVerdict())
        print(verdict("/api/orders?id=1%27%20or%201=1--%20"))
        #expect(verdict("/api/orders?id=1%27%20or%201=1--%20").isRefused)
    }
}
