import GatewayModel
import Testing

@Suite("Splits, mirrors, retries and timeouts of routes")
struct RouteSettingsTests {
    private func route(_ document: JSON) throws -> Route? {
        var object = document.objectValue ?? [:]
        object["forward"] = [["upstream": "a"]]
        guard case .route(let route) = try spec(.route, .object(object)) else { return nil }
        return route
    }

    @Test("A route without them has none of them")
    func defaults() throws {
        let route = try route([:])
        #expect(route?.sticky == nil && route?.retry == nil && route?.mirrors == [] && route?.rewrite == nil)
        #expect(route?.requestHeaders.isEmpty == true && route?.responseHeaders.isEmpty == true)
        #expect(route?.inherits == true && route?.policies == [])
        #expect(route?.timeouts.request == 15_000 && route?.timeouts.backendRequest == 0)
        #expect(route?.timeouts.idle == 300_000)
    }

    private static let sticky: [(JSON, StickySplit)] = [
        (["by": "cookie"], .cookie(name: "sluice-split-x", lifetime: nil)),
        (["by": "cookie", "name": "v", "lifetime": "session"], .cookie(name: "v", lifetime: nil)),
        (["by": "cookie", "lifetime": "1s"], .cookie(name: "sluice-split-x", lifetime: 1000)),
        (["by": "header", "name": "X-User"], .header("x-user")),
        (["by": "client-address"], .clientAddress),
    ]

    @Test("What keeps a client in its share", arguments: sticky)
    func readSticky(_ document: JSON, _ expected: StickySplit) throws {
        #expect(try route(["sticky": document])?.sticky == expected)
    }

    @Test("A mirror gets everything unless it says how much")
    func mirrors() throws {
        let route = try route([
            "mirror": [
                ["upstream": "b"], ["upstream": "c", "percent": 0.5], ["upstream": "d", "percent": 0],
                ["upstream": "e", "percent": 0.0001], ["upstream": "f", "percent": 100],
            ]
        ])
        #expect(route?.mirrors.map(\.perMillion) == [1_000_000, 5000, 0, 1, 1_000_000])
        #expect(route?.upstreams.map(\.name) == ["a", "b", "c", "d", "e", "f"])
        #expect(route?.upstreams.last?.pointer == "/mirror/4/upstream")
    }

    @Test("The defaults of retry, once it is given")
    func retryDefaults() throws {
        let retry = try route(["retry": [:]])?.retry
        #expect(retry == RetryRule())
        #expect(retry?.attempts == 2 && retry?.triggers == Set(RetryRule.Trigger.allCases))
        #expect(retry?.statusCodes == [503] && retry?.methods == [.get, .head, .options, .put, .delete])
        #expect(retry?.backoffBase == 25 && retry?.backoffMaximum == 250)
        #expect(retry?.budgetPercent == 20 && retry?.minimumConcurrency == 3)
    }

    @Test("Lists of retry replace the defaults, also with nothing")
    func retryLists() throws {
        let retry = try route([
            "retry": [
                "attempts": 10, "on": ["timeout"], "statusCodes": [429, 599], "methods": ["POST"],
                "backoff": ["base": "0s", "max": "0s"], "budget": ["percent": 0, "minConcurrency": 0],
            ]
        ])?.retry
        #expect(retry?.attempts == 10 && retry?.triggers == [.timeout] && retry?.statusCodes == [429, 599])
        #expect(retry?.methods == [.post] && retry?.backoffBase == 0 && retry?.backoffMaximum == 0)
        #expect(retry?.budgetPercent == 0 && retry?.minimumConcurrency == 0)
        let none = try route(["retry": ["on": [], "statusCodes": [], "methods": []]])?.retry
        #expect(none?.triggers == [] && none?.statusCodes == [] && none?.methods == [])
    }

    @Test(
        "The longest wait is ten times the base, and never shorter than 250 ms, unless it is given",
        arguments: [("10ms", 250), ("25ms", 250), ("100ms", 1000)])
    func backoff(_ base: String, _ maximum: UInt64) throws {
        #expect(try route(["retry": ["backoff": ["base": .string(base)]]])?.retry?.backoffMaximum == maximum)
    }

    private static let wrong: [(JSON, [String])] = [
        (["sticky": [:]], ["/sticky/by required"]),
        (["sticky": ["by": "ip", "name": "a", "lifetime": "1h"]], ["/sticky/by format"]),
        (["sticky": ["by": "header"]], ["/sticky/name required"]),
        (["sticky": ["by": "header", "name": "a", "lifetime": "1h"]], ["/sticky/lifetime conflict"]),
        (["sticky": ["by": "client-address", "name": "a"]], ["/sticky/name conflict"]),
        (["sticky": ["by": "cookie", "name": "a b"]], ["/sticky/name format"]),
        (["sticky": ["by": "cookie", "lifetime": "999ms"]], ["/sticky/lifetime range"]),
        (["sticky": ["by": "cookie", "lifetime": "forever"]], ["/sticky/lifetime format"]),
        (["mirror": [["percent": 1]]], ["/mirror/0/upstream required"]),
        (["mirror": [["upstream": "b", "percent": 100.0001]]], ["/mirror/0/percent range"]),
        (["mirror": [["upstream": "b", "percent": -1]]], ["/mirror/0/percent range"]),
        (["mirror": [["upstream": "b", "percent": "1"]]], ["/mirror/0/percent type"]),
        (["mirror": ["upstream": "b"]], ["/mirror type"]),
        (["retry": ["attempts": -1]], ["/retry/attempts range"]),
        (["retry": ["attempts": 11]], ["/retry/attempts range"]),
        (["retry": ["on": ["5xx"]]], ["/retry/on/0 format"]),
        (["retry": ["on": ["reset", "reset"]]], ["/retry/on/1 duplicate"]),
        (["retry": ["statusCodes": [399]]], ["/retry/statusCodes/0 range"]),
        (["retry": ["statusCodes": [600]]], ["/retry/statusCodes/0 range"]),
        (["retry": ["methods": ["get", "CONNECT"]]], ["/retry/methods/0 format", "/retry/methods/1 format"]),
        (["retry": ["backoff": ["base": "2s", "max": "1s"]]], ["/retry/backoff/max range"]),
        (["retry": ["backoff": ["base": "25"]]], ["/retry/backoff/base format"]),
        (["retry": ["budget": ["percent": 101]]], ["/retry/budget/percent range"]),
        (["retry": ["budget": ["minConcurrency": 100_001]]], ["/retry/budget/minConcurrency range"]),
        (["retry": true], ["/retry type"]),
        (["timeouts": ["request": "1d"]], ["/timeouts/request format"]),
        (["timeouts": ["backendRequest": 5]], ["/timeouts/backendRequest type"]),
        (["timeouts": ["connect": "1s"]], ["/timeouts/connect unknown-field"]),
    ]

    @Test("What is refused", arguments: wrong)
    func refusedSettings(_ document: JSON, _ expected: [String]) {
        var object = document.objectValue ?? [:]
        object["forward"] = [["upstream": "a"]]
        #expect(faults(.route, .object(object)) == expected)
    }

    @Test(
        "What acts on forwarded requests means nothing where none is forwarded",
        arguments: [
            ("sticky", ["by": "cookie"]), ("rewrite", ["hostname": "a"]), ("requestHeaders", ["remove": ["a"]]),
            ("mirror", [["upstream": "b"]]), ("retry", [:]),
        ] as [(String, JSON)])
    func noBackend(_ field: String, _ value: JSON) {
        for action: JSONObject in [["redirect": ["scheme": "https"]], ["respond": [:]]] {
            var object = action
            object[field] = value
            #expect(faults(.route, .object(object)) == ["/\(field) conflict"])
            object[field] = nil
            object["responseHeaders"] = ["set": ["x-a": "1"]]
            #expect(faults(.route, .object(object)).isEmpty)
        }
    }

    @Test("A share with a mistake does not make its neighbours mistakes")
    func noFollowUps() {
        let document: JSON = ["forward": [["upstrm": "a"]], "sticky": ["by": "cookie"], "retry": [:]]
        #expect(faults(.route, document) == ["/forward/0/upstream required", "/forward/0/upstrm unknown-field"])
    }

    @Test("A prefix can be replaced only where every match has one")
    func replacedPrefix() {
        let path: JSON = ["path": ["replacePrefix": "/x"]]
        let forward: JSON = [["upstream": "a"]]
        for matches: JSON in [[["path": ["exact": "/a"]]], [[:], ["path": ["regex": "a"]]]] {
            let documents: [(JSON, String)] = [
                (["forward": forward, "rewrite": path], "/rewrite/path/replacePrefix"),
                (["redirect": path], "/redirect/path/replacePrefix"),
                (
                    ["forward": [["upstream": "a"], ["upstream": "b", "rewrite": path]]],
                    "/forward/1/rewrite/path/replacePrefix"
                ),
            ]
            for (document, pointer) in documents {
                var object = document.objectValue ?? [:]
                object["matches"] = matches
                #expect(faults(.route, .object(object)) == ["\(pointer) conflict"])
                object["matches"] = [["path": ["prefix": "/a"]], ["methods": ["GET"]]]
                #expect(faults(.route, .object(object)).isEmpty)
            }
        }
    }
}
