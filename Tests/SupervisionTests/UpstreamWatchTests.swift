import DataPlane
import GatewayModel
import Testing

@testable import Supervision

@Suite("What the supervisor knows of upstreams")
struct UpstreamWatchTests {
    private static func upstream(_ text: String) throws -> Upstream {
        let resource = try Resource(document: JSON(parsing: text))
        guard case .upstream(let upstream) = resource.spec else { throw Wrong() }
        return upstream
    }

    private struct Wrong: Error {}

    private static func discovered(_ name: String, host: String) throws -> Upstream {
        try Self.upstream(
            #"{"kind":"upstream","name":"\#(name)","discovery":{"type":"dns","hostname":"\#(host)","port":80}}"#)
    }

    private static func probed(_ addresses: [String]) throws -> Upstream {
        let endpoints = addresses.map { #"{"address":"\#($0)","port":80}"# }.joined(separator: ",")
        return try Self.upstream(
            #"{"kind":"upstream","name":"api","endpoints":[\#(endpoints)],"healthChecks":{"active":{"type":"tcp"}}}"#)
    }

    private static func named(_ upstreams: Upstream...) -> [String: Upstream] {
        Dictionary(uniqueKeysWithValues: upstreams.map { ($0.name, $0) })
    }

    private static func endpoint(_ address: String) -> UpstreamEndpoint {
        Sample.endpoint(address)
    }

    private static func verdict(_ isHealthy: Bool) -> UpstreamWatch.Verdict {
        .init(isHealthy: isHealthy, reason: "x", since: 1)
    }

    @Test("An update waits for names that are new, and no longer once they are answered, well or not")
    func waiting() throws {
        var watch = UpstreamWatch()
        let (a, b) = (try Self.discovered("a", host: "a.test"), try Self.discovered("b", host: "b.test"))
        #expect(watch.stage(Self.named(a, b)) == Set([a.discovery, b.discovery].compactMap(\.self)))
        #expect(watch.isWaiting)
        #expect(watch.discovered([Self.endpoint("10.0.0.1")], by: try #require(a.discovery)).isEmpty)
        #expect(watch.isWaiting)
        watch.failed(try #require(b.discovery))
        #expect(!watch.isWaiting)
        #expect(watch.install().changed == ["a", "b"])
        #expect(watch.state(of: "a")?.endpoints == [Self.endpoint("10.0.0.1")])
        #expect(watch.state(of: "b") == UpstreamState(upstream: "b", endpoints: nil, unhealthy: []))
        #expect(watch.stage(Self.named(a, b)).isEmpty && !watch.isWaiting)
    }

    @Test("What is discarded leaves nothing behind; what is served is kept")
    func discarding() throws {
        var watch = UpstreamWatch()
        let (a, b) = (try Self.discovered("a", host: "a.test"), try Self.discovered("a", host: "b.test"))
        _ = watch.stage(Self.named(a))
        _ = watch.install()
        _ = watch.discovered([Self.endpoint("10.0.0.1")], by: try #require(a.discovery))
        _ = watch.stage(Self.named(b))
        #expect(watch.discard() == Set([b.discovery].compactMap(\.self)))
        #expect(watch.state(of: "a")?.endpoints == [Self.endpoint("10.0.0.1")])
        #expect(watch.discovered([], by: try #require(b.discovery)).isEmpty && watch.found.count == 1)
    }

    @Test("Two upstreams of one name share its lookup, and it ends with the last of them")
    func sharing() throws {
        var watch = UpstreamWatch()
        let (a, b) = (try Self.discovered("a", host: "x.test"), try Self.discovered("b", host: "x.test"))
        #expect(watch.stage(Self.named(a, b)).count == 1)
        _ = watch.install()
        #expect(watch.discovered([Self.endpoint("10.0.0.1")], by: try #require(a.discovery)) == ["a", "b"])
        _ = watch.stage(Self.named(b))
        #expect(watch.install().forgotten.isEmpty)
        _ = watch.stage([:])
        #expect(watch.install().forgotten.count == 1 && watch.states.isEmpty)
    }

    @Test("Another port or interval of a name goes on with its last good answer")
    func otherPort() throws {
        var watch = UpstreamWatch()
        let before = try Self.discovered("a", host: "a.test")
        _ = watch.stage(Self.named(before))
        _ = watch.discovered([Self.endpoint("10.0.0.1")], by: try #require(before.discovery))
        _ = watch.install()
        for (port, refresh) in [(81, "30s"), (81, "10s"), (80, "30s")] {
            let after = try Self.upstream(
                #"{"kind":"upstream","name":"a","discovery":{"type":"dns","hostname":"a.test","port":\#(port),"refresh":"\#(refresh)"}}"#
            )
            let discovery = try #require(after.discovery)
            #expect(watch.stage(Self.named(after)) == [discovery] && watch.isWaiting)
            watch.failed(discovery)
            #expect(!watch.isWaiting && watch.install().changed == ["a"])
            #expect(watch.state(of: "a")?.endpoints?.map(\.authority) == ["10.0.0.1:\(port)"])
        }
        _ = watch.stage(Self.named(try Self.discovered("a", host: "b.test")))
        _ = watch.install()
        #expect(watch.state(of: "a")?.endpoints == nil)
    }

    @Test("A successor begins with what its predecessor knew of the upstreams that it serves")
    func succession() throws {
        var predecessor = UpstreamWatch()
        let (a, gone) = (try Self.discovered("a", host: "a.test"), try Self.discovered("b", host: "b.test"))
        _ = predecessor.stage(Self.named(a, gone, try Self.probed(["10.0.0.1", "10.0.0.2"])))
        for upstream in [a, gone] {
            _ = predecessor.discovered([Self.endpoint("10.0.0.9")], by: try #require(upstream.discovery))
        }
        _ = predecessor.install()
        _ = predecessor.probed("api", "10.0.0.1:80", Self.verdict(false))
        _ = predecessor.probed("api", "10.0.0.2:80", Self.verdict(false))

        var successor = UpstreamWatch(inheriting: predecessor.known, at: 7)
        _ = successor.stage(Self.named(a, try Self.probed(["10.0.0.2", "10.0.0.3"])))
        #expect(successor.isWaiting)
        _ = successor.install()
        #expect(successor.state(of: "a")?.endpoints == [Self.endpoint("10.0.0.9")])
        #expect(successor.state(of: "api")?.unhealthy == ["10.0.0.2:80"])
        #expect(successor.verdict("api", "10.0.0.2:80")?.since == 7)
        #expect(successor.probed("api", "10.0.0.2:80", Self.verdict(true)) == true)
        _ = successor.stage(Self.named(gone))
        _ = successor.install()
        #expect(successor.state(of: "b")?.endpoints == nil)
    }

    @Test("Verdicts stay with endpoints that stay, whatever else changes")
    func verdicts() throws {
        var watch = UpstreamWatch()
        _ = watch.stage(Self.named(try Self.probed(["10.0.0.1", "10.0.0.2"])))
        _ = watch.install()
        #expect(watch.probed("api", "10.0.0.1:80", Self.verdict(false)) == true)
        #expect(watch.probed("api", "10.0.0.2:80", Self.verdict(false)) == true)
        #expect(watch.probed("api", "10.0.0.2:80", Self.verdict(false)) == false)
        #expect(watch.probed("api", "10.0.0.9:80", Self.verdict(false)) == false)
        _ = watch.stage(Self.named(try Self.probed(["10.0.0.2", "10.0.0.3"])))
        _ = watch.install()
        #expect(watch.state(of: "api")?.unhealthy == ["10.0.0.2:80"])
        _ = watch.stage(Self.named(try Self.probed(["10.0.0.1", "10.0.0.2"])))
        _ = watch.install()
        #expect(watch.state(of: "api")?.unhealthy == ["10.0.0.2:80"])
    }

    @Test("A first verdict of healthy is no news to workers, for that is what they assume")
    func assumption() throws {
        var watch = UpstreamWatch()
        _ = watch.stage(Self.named(try Self.probed(["10.0.0.1"])))
        _ = watch.install()
        #expect(watch.probed("api", "10.0.0.1:80", Self.verdict(true)) == false)
    }

    @Test("An endpoint is ejected for as long as one worker says so")
    func ejections() throws {
        var watch = UpstreamWatch()
        _ = watch.stage(Self.named(try Self.probed(["10.0.0.1"])))
        _ = watch.install()
        func ejection(_ isEjected: Bool) -> EndpointEjection {
            EndpointEjection(upstream: "api", endpoint: "10.0.0.1:80", isEjected: isEjected, reason: "consecutive-5xx")
        }
        #expect(watch.ejected(ejection(true), worker: 0, at: 1) == true)
        #expect(watch.ejected(ejection(true), worker: 1, at: 2) == true)
        #expect(watch.ejection("api", "10.0.0.1:80")?.since == 1)
        #expect(watch.ejected(ejection(false), worker: 0, at: 3) == true)
        #expect(watch.ejection("api", "10.0.0.1:80")?.reasons == [1: "consecutive-5xx"])
        #expect(watch.lost(worker: 1, at: 4) == true)
        #expect(watch.ejection("api", "10.0.0.1:80")?.reasons.isEmpty == true)
        #expect(watch.lost(worker: 1, at: 5) == false)
    }
}
