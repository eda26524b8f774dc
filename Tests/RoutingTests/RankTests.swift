import GatewayModel
import Testing

import Routing

@Suite("Which route takes a request")
struct RankTests {
    @Test(
        "A prefix takes whole segments, with or without a final slash, and case counts",
        arguments: [
            ("/abc", "/abc", true), ("/abc", "/abc/", true), ("/abc", "/abc/def", true), ("/abc", "/abcd", false),
            ("/abc", "/ab", false), ("/abc", "/Abc", false), ("/abc/", "/abc", true), ("/abc/", "/abc/x", true),
            ("/abc/", "/abcd", false), ("/", "/", true), ("/", "/x/y/z", true), ("/a/b", "/a", false),
            ("=/abc", "/abc", true), ("=/abc", "/abc/", false), ("=/abc/", "/abc/", true), ("=/abc/", "/abc", false),
            ("=/", "/", true), ("=/", "/x", false), ("=/a", "/a/b", false),
        ])
    func prefixes(match: String, path: String, isTaken: Bool) throws {
        let table = try table([route("r", paths: [match])])
        #expect((table.name(host: "a", path: path) != nil) == isTaken)
    }

    @Test(
        "Exact before wildcard, longer before shorter, any host last",
        arguments: [
            ("a.b.example.com", "exact"), ("x.b.example.com", "long"), ("x.y.b.example.com", "long"),
            ("b.example.com", "short"), ("x.example.com", "short"), ("example.com", "any"), ("other.org", "any"),
            ("xexample.com", "any"), ("", "any"), (".example.com", "any"), ("example.com.a.b", "any"),
        ])
    func hosts(host: String, expected: String) throws {
        let table = try table([
            route("any"), route("short", hosts: ["*.example.com"]), route("long", hosts: ["*.b.example.com"]),
            route("exact", hosts: ["a.b.example.com"]),
        ])
        #expect(table.name(host: host, path: "/") == expected)
    }

    @Test("A less specific host is tried when no route of a more specific one matches the path")
    func fallsThrough() throws {
        let table = try table([
            route("exact", hosts: ["a.b.c"], paths: ["/exact"]), route("long", hosts: ["*.b.c"], paths: ["/long"]),
            route("short", hosts: ["*.c"], paths: ["/short"]), route("any", paths: ["/any"]),
        ])
        for name in ["exact", "long", "short", "any"] { #expect(table.name(host: "a.b.c", path: "/\(name)") == name) }
        #expect(table.name(host: "a.b.c", path: "/none") == nil)
    }

    @Test("The host ranks before the path")
    func hostBeforePath() throws {
        let table = try table([route("exact", hosts: ["a.b"]), route("wild", hosts: ["*.b"], paths: ["=/deep/path"])])
        #expect(table.name(host: "a.b", path: "/deep/path") == "exact")
    }

    @Test("An exact path ranks before every prefix, the longest prefix before shorter ones")
    func pathRank() throws {
        let table = try table([
            route("root"), route("a", paths: ["/a"]), route("ab", paths: ["/a/b"]), route("exact", paths: ["=/a/b"]),
        ])
        #expect(table.name(host: "h", path: "/a/b") == "exact")
        #expect(table.name(host: "h", path: "/a/b/c") == "ab")
        #expect(table.name(host: "h", path: "/a/bc") == "a")
        #expect(table.name(host: "h", path: "/x") == "root")
    }

    @Test("Of equals the older takes it, then the name; alternatives and several hosts all count")
    func ties() throws {
        let table = try table([
            route("c", paths: ["/p", "/q"], order: 2), route("b", paths: ["/p/"], order: 1),
            route("a", paths: ["/p"], order: 1), route("d", hosts: ["x.y", "*.z"], paths: ["/q"], order: 9),
        ])
        #expect(table.name(host: "h", path: "/p") == "a")
        #expect(table.name(host: "h", path: "/q") == "c")
        #expect(table.name(host: "x.y", path: "/q") == "d")
        #expect(table.name(host: "a.z", path: "/q") == "d")
    }

    @Test("The listener with the most specific hostname takes the request, and only its routes serve it")
    func listeners() throws {
        let table = RouteTable()
        let group = try [
            listener("rest", slot: 3), listener("wild", ["*.example.com"], slot: 4),
            listener("exact", ["a.example.com"], slot: 5),
        ]
        table.change(
            try ["rest", "wild", "exact"].map { try route("on-\($0)", listeners: [$0]) },
            groups: [group, [try listener("narrow", ["only.org"])]])
        #expect(table.name(host: "a.example.com", path: "/") == "on-exact")
        #expect(table.name(host: "b.example.com", path: "/") == "on-wild")
        #expect(table.name(host: "example.com", path: "/") == "on-rest")
        #expect(table.name(host: "", path: "/") == "on-rest")
        #expect(table.name(group: 1, host: "other.org", path: "/") == nil)
        #expect(table.name(group: 2, host: "a.example.com", path: "/") == nil)
        #expect(table.name(group: -1, host: "a.example.com", path: "/") == nil)
    }

    @Test("A better route of another listener does not hide a lesser one")
    func otherListeners() throws {
        let table = RouteTable()
        table.change(
            try [
                route("exact", paths: ["=/a/b"], listeners: ["other"]),
                route("old", paths: ["/a"], listeners: ["other"]),
                route("young", paths: ["/a"], listeners: ["third", "web"], order: 5), route("root"),
            ], groups: [[try listener("web")]])
        #expect(table.name(host: "h", path: "/a/b") == "young")
        #expect(table.name(host: "h", path: "/b") == "root")
    }

    @Test("Paths and hosts deeper than the stack has room for are still found")
    func deep() throws {
        let deep = String(repeating: "/s", count: 200)
        let host = Array(repeating: "l", count: 100).joined(separator: ".")
        let table = try table([route("deep", hosts: ["*.\(host)"], paths: [deep]), route("root")])
        #expect(table.name(host: "x.\(host)", path: deep + "/more") == "deep")
        #expect(table.name(host: "x.\(host)", path: String(deep.dropLast(2))) == "root")
        #expect(table.name(host: host, path: deep) == "root")
    }
}
