import GatewayModel
import Testing

import Routing

@Suite("Changes of the route table")
struct ChangeTests {
    @Test("A prepared change does nothing until it is committed, and nothing when it is dropped")
    func preparedOnly() throws {
        let table = try table([route("old")])
        _ = table.prepare(upserts: [try route("new", paths: ["=/"])], removes: ["old"], groups: nil, replacesAll: false)
        #expect(table.name(host: "h", path: "/") == "old")
        #expect(table[route: "new"] == nil)
    }

    @Test("A route that moves to another host leaves the first")
    func moves() throws {
        let table = try table([route("r", hosts: ["a.b"])])
        table.change([try route("r", hosts: ["*.c"])])
        #expect(table.name(host: "a.b", path: "/") == nil)
        #expect(table.name(host: "a.c", path: "/") == "r")
        table.change([], removes: ["r", "never-there"])
        #expect(table.name(host: "a.c", path: "/") == nil)
        #expect(table[route: "r"] == nil)
    }

    @Test("A full change drops what it does not name and keeps the listeners")
    func replacesAll() throws {
        let table = try table([route("a", paths: ["/a"]), route("b", paths: ["/b"])])
        table.change([try route("b", paths: ["/c"])], replacesAll: true)
        #expect(table.name(host: "h", path: "/a") == nil)
        #expect(table.name(host: "h", path: "/b") == nil)
        #expect(table.name(host: "h", path: "/c") == "b")
    }

    @Test("Hosts come and go in any number")
    func manyHosts() throws {
        let table = try table([])
        for index in 0..<500 { table.change([try route("r\(index)", hosts: ["h\(index).test"])]) }
        table.change([], removes: (0..<500).filter { $0 % 3 != 0 }.map { "r\($0)" })
        for index in 0..<500 {
            #expect(table.name(host: "h\(index).test", path: "/") == (index % 3 == 0 ? "r\(index)" : nil))
        }
    }

    @Test("An explanation names the taken route and what each other one failed")
    func explains() throws {
        let table = RouteTable()
        table.change(
            try [
                route("taken", hosts: ["a.b"], paths: ["/x"]), route("path", hosts: ["a.b"], paths: ["/y"]),
                route("listener", hosts: ["a.b"], paths: ["=/x"], listeners: ["other"]), route("any"),
                route("host", hosts: ["c.d"]),
            ], groups: [[try listener("web", slot: 7)]])
        let explanation = table.explain(group: 0, host: "a.b", path: "/x")
        #expect(explanation.listener == 7)
        #expect(explanation.taken?.name == "taken")
        #expect(explanation.candidates.map(\.route.name) == ["listener", "taken", "path", "any", "host"])
        #expect(explanation.candidates.map(\.failed) == [.listener, nil, .path, nil, .hostname])
    }

    @Test("An explanation of a large table stays small")
    func explanationIsBounded() throws {
        let table = try table((0..<300).map { try route("r\($0)", hosts: ["h\($0 % 3)"], order: Int64($0)) })
        #expect(table.explain(group: 0, host: "h0", path: "/").candidates.count == RouteTable.candidateLimit)
    }
}
