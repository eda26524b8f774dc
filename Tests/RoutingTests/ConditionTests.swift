import GatewayModel
import Testing

import Routing

@Suite("Conditions on more than the path")
struct ConditionTests {
    @Test(
        "A condition on one thing",
        arguments: [
            (["GET"], "GET", "/", [], true), (["GET"], "HEAD", "/", [], false), (["GET"], "get", "/", [], false),
            (["GET", "POST"], "POST", "/", [], true), (["PURGE"], "PURGE", "/", [], true),
            (["h:x-env=canary"], "GET", "/", [("X-ENV", "canary")], true),
            (["h:x-env=canary"], "GET", "/", [("x-env", "Canary")], false),
            (["h:x-env=canary"], "GET", "/", [("x-env", " canary ")], true),
            (["h:x-env=canary"], "GET", "/", [("x-env", "a"), ("x-env", "canary")], false),
            (["h:x-env=canary"], "GET", "/", [("x-env", "canary"), ("x-env", "a")], true),
            (["h:x-env=canary"], "GET", "/", [("x-env2", "canary")], false),
            (["h:x-env=canary"], "GET", "/", [("x-env", "")], false), (["h:x-env="], "GET", "/", [("x-env", "")], true),
            (["h:x-env="], "GET", "/", [], false), (["h:x-b~^2\\."], "GET", "/", [("x-b", "2.1")], true),
            (["h:x-b~^2\\."], "GET", "/", [("x-b", "12.1")], false), (["h:x-b~2"], "GET", "/", [("x-b", "121")], true),
            (["h:x-b~.*"], "GET", "/", [], false),
            (["q:beta=1"], "GET", "/?beta=1", [], true), (["q:beta=1"], "GET", "/?a&beta=1&beta=2", [], true),
            (["q:beta=1"], "GET", "/?beta=2&beta=1", [], false), (["q:beta=1"], "GET", "/?Beta=1", [], false),
            (["q:beta=1"], "GET", "/?%62eta=%31", [], true), (["q:beta=1"], "GET", "/?beta", [], false),
            (["q:beta="], "GET", "/?beta", [], true), (["q:beta="], "GET", "/?beta=&x", [], true),
            (["q:beta="], "GET", "/", [], false), (["q:a b=c d"], "GET", "/?a+b=c%20d", [], true),
            (["q:a+b=c"], "GET", "/?a%2Bb=c", [], true), (["q:a+b=c"], "GET", "/?a+b=c", [], false),
            (["q:a=b=c"], "GET", "/?a=b=c", [], true), (["q:a=100%"], "GET", "/?a=100%", [], true),
            (["q:a=é"], "GET", "/?a=%C3%A9", [], true), (["q:a~^x y$"], "GET", "/?a=x+y", [], true),
            (["q:a~^x$"], "GET", "/?a=x%0A", [], false), (["q:a~^$"], "GET", "/?a", [], true),
            (["q:a~^b$"], "GET", "/?b=1;a=b", [], false),
            (["c:group=b"], "GET", "/", [("Cookie", "a=1; group=b")], true),
            (["c:group=b"], "GET", "/", [("Cookie", "a=1"), ("cookie", "group=b")], true),
            (["c:group=b"], "GET", "/", [("Cookie", "group=a; group=b")], false),
            (["c:group=b"], "GET", "/", [("Cookie", "Group=b")], false),
            (["c:group=b"], "GET", "/", [("Cookie", "group=\"b\"")], true),
            (["c:group=b"], "GET", "/", [("Cookie", "group=%62")], false),
            (["c:group=b"], "GET", "/", [("Cookie", "xgroup=b")], false),
            (["c:group=b"], "GET", "/", [("Cookie", "group")], false),
            (["c:group="], "GET", "/", [("Cookie", "group=")], true),
            (["c:group=a=b"], "GET", "/", [("Cookie", "x;group = a=b ;")], true),
            (["c:group~^[ab]$"], "GET", "/", [("Cookie", "group=b")], true),
            (["c:group~^[ab]$"], "GET", "/", [("Cookie", "group=ab")], false),
            (["GET", "h:a=1", "q:b=2", "c:c=3"], "GET", "/?b=2", [("a", "1"), ("cookie", "c=3")], true),
            (["GET", "h:a=1", "q:b=2", "c:c=3"], "GET", "/?b=2", [("a", "1"), ("cookie", "c=4")], false),
            (["GET", "h:a=1", "q:b=2", "c:c=3"], "PUT", "/?b=2", [("a", "1"), ("cookie", "c=3")], false),
        ] as [([String], String, String, [(String, String)], Bool)])
    func conditions(
        _ conditions: [String], _ method: String, _ target: String, _ headers: [(String, String)], _ isTaken: Bool
    ) throws {
        let table = try table([route("r", matches: [match("/", conditions)])])
        let request = TestRequest(method: method, target: target, headers: headers)
        #expect(try table.name(request) == (isTaken ? "r" : nil))
    }

    @Test("What has a path alone meets no condition")
    func pathAlone() throws {
        let table = try table([
            route(
                "r", matches: [match("/", ["GET"]), match("/", ["h:a="]), match("/", ["q:a="]), match("/", ["c:a="])])
        ])
        #expect(table.name(host: "h", path: "/") == nil)
    }

    @Test("Alternatives each count by themselves")
    func alternatives() throws {
        let table = try table([
            route("r", matches: [match("/a", ["POST"]), match("/", ["h:x=1"]), match("~^/b$", ["q:y=1"])])
        ])
        #expect(try table.name(TestRequest(method: "POST", target: "/a/b")) == "r")
        #expect(try table.name(TestRequest(target: "/z", headers: [("X", "1")])) == "r")
        #expect(try table.name(TestRequest(target: "/b?y=1")) == "r")
        #expect(try table.name(TestRequest(target: "/b?y=2")) == nil)
    }

    @Test(
        "A regular expression that is given up gives the request to nobody",
        arguments: ["h:x~(a+)+$", "q:x~(a+)+$", "c:x~(a+)+$"])
    func limit(condition: String) throws {
        let table = try table([
            route("strict", hosts: ["h"], matches: [match("/a", [condition])]), route("open", hosts: ["h"]),
            route("any"),
        ])
        let value = String(repeating: "a", count: 60) + "!"
        let request = TestRequest(target: "/a?x=\(value)", headers: [("x", value), ("cookie", "x=\(value)")])
        #expect(try table.name(request) == "limit")
        let explanation = try request.with { table.explain(group: 0, host: "h", $0) }
        #expect(explanation.taken == nil && explanation.isGivenUp)
        #expect(explanation.candidates.first { $0.isGivenUp }?.route.name == "strict")
        #expect(try table.name(TestRequest(target: "/b", headers: [("x", value)])) == "open")
    }

    @Test("A path that a regular expression is given up on, too")
    func pathLimit() throws {
        let table = try table([route("strict", paths: ["~^/(a+)+$"]), route("open"), route("exact", paths: ["=/x"])])
        #expect(try table.name(TestRequest(target: "/" + String(repeating: "a", count: 60) + "!")) == "limit")
        #expect(try table.name(TestRequest(target: "/aaa")) == "strict")
        #expect(try table.name(TestRequest(target: "/x")) == "exact")
        #expect(try table.name(TestRequest(target: "/b")) == "open")
    }

    @Test("A cheap condition that fails spares the regular expression")
    func cheapFirst() throws {
        let table = try table([route("strict", matches: [match("/", ["h:x~(a+)+$", "h:y=1"])]), route("open")])
        let value = String(repeating: "a", count: 60) + "!"
        #expect(try table.name(TestRequest(headers: [("x", value)])) == "open")
        #expect(try table.name(TestRequest(headers: [("x", value), ("y", "1")])) == "limit")
    }
}
