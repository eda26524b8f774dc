import GatewayModel
import Testing

import Routing

@Suite("Matches that nothing reaches")
struct ShadowingTests {
    private func shadowed(_ old: [CompiledRoute], _ new: CompiledRoute) -> [ShadowedMatch] {
        let table = RouteTable()
        table.change(old)
        return table.prepare(upserts: [new], removes: [], groups: nil, replacesAll: false)
            .shadowedMatches(of: [new.name])
    }

    @Test(
        "Whether an older match takes all of a younger one",
        arguments: [
            ("/a", [], "/a/", [], true), ("/a", [], "/a/b", [], false), ("=/a", [], "/a", [], false),
            ("=/a", [], "=/a", [], true), ("=/a/", [], "=/a", [], false), ("~^/a", [], "~^/a", [], true),
            ("~^/a", [], "~/a", [], false), ("/", ["GET", "POST"], "/", ["POST"], true),
            ("/", ["GET"], "/", ["GET", "POST"], false), ("/", [], "/", ["GET"], false), ("/", ["GET"], "/", [], false),
            ("/", ["h:a=1", "h:b=2"], "/", ["h:b=2", "h:a=1"], true), ("/", ["h:a=1"], "/", ["h:a=1", "h:b=2"], false),
            ("/", ["h:a=1"], "/", ["h:a=2"], false), ("/", ["h:a~1"], "/", ["h:a=1"], false),
            ("/", ["q:a~1"], "/", ["q:a~1"], true), ("/", ["q:a=1"], "/", ["c:a=1"], false),
        ] as [(String, [String], String, [String], Bool)])
    func pairs(
        _ oldPath: String, _ old: [String], _ newPath: String, _ new: [String], _ isShadowed: Bool
    ) throws {
        let found = self.shadowed(
            [try route("old", matches: [match(oldPath, old)])],
            try route("new", matches: [match(newPath, new)], order: 1))
        #expect(found == (isShadowed ? [ShadowedMatch(route: "new", match: 0, by: "old")] : []))
        let younger = self.shadowed(
            [try route("young", matches: [match(newPath, new)], order: 1)],
            try route("old", matches: [match(oldPath, old)]))
        #expect(younger.isEmpty)
    }

    @Test("All hosts of a route must be taken, and all of its listeners")
    func hostsAndListeners() throws {
        let older = try [
            route("a", hosts: ["a.x"]), route("b", hosts: ["b.x"]),
            route("l", hosts: ["l.x"], listeners: ["one", "two"]),
        ]
        #expect(self.shadowed(older, try route("new", hosts: ["a.x", "b.x"], order: 1)).count == 1)
        #expect(self.shadowed(older, try route("new", hosts: ["a.x", "c.x"], order: 1)).isEmpty)
        #expect(self.shadowed(older, try route("new", hosts: ["*.x"], order: 1)).isEmpty)
        #expect(self.shadowed(older, try route("new", order: 1)).isEmpty)
        #expect(self.shadowed(older, try route("new", hosts: ["l.x"], listeners: ["two"], order: 1)).count == 1)
        #expect(self.shadowed(older, try route("new", hosts: ["l.x"], listeners: ["two", "three"], order: 1)).isEmpty)
        #expect(self.shadowed(older, try route("new", hosts: ["l.x"], order: 1)).isEmpty)
    }

    @Test("A route may hide a match of its own")
    func own() throws {
        let new = try route("new", paths: ["/a", "/b", "/a/"])
        #expect(self.shadowed([], new) == [ShadowedMatch(route: "new", match: 2, by: "new")])
    }

    private func beside(_ old: [CompiledRoute], _ new: CompiledRoute) -> (
        before: [ShadowedMatch], after: [ShadowedMatch]
    ) {
        let table = RouteTable()
        table.change(old)
        let change = table.prepare(upserts: [new], removes: [], groups: nil, replacesAll: false)
        return table.shadowedMatches(of: [new.name], in: change)
    }

    @Test("A route that a change leaves alone is found when the change hides it, on all of its hosts")
    func hiddenByChange() throws {
        let young = try [
            route("one", hosts: ["a.x"], paths: ["/p", "/q"], order: 1),
            route("two", hosts: ["a.x", "b.x"], paths: ["/p"], order: 2),
            route("three", hosts: ["b.x"], paths: ["/p"], order: 3),
        ]
        let found = self.beside(young, try route("new", hosts: ["a.x"], paths: ["/p"]))
        #expect(found.before == [])
        #expect(found.after == [ShadowedMatch(route: "one", match: 0, by: "new")])
        let both = self.beside(young, try route("new", hosts: ["a.x", "b.x"], paths: ["/p"]))
        #expect(both.before == [ShadowedMatch(route: "three", match: 0, by: "two")])
        #expect(both.after.map(\.route) == ["one", "three", "two"])
    }

    @Test("What was hidden before the change is known as such, by the changed route as it was or by another")
    func hiddenBefore() throws {
        let old = try [route("new", hosts: ["a.x"]), route("young", hosts: ["a.x"], order: 1)]
        let found = self.beside(old, try route("new", hosts: ["a.x"], listeners: []))
        #expect(found.before == [ShadowedMatch(route: "young", match: 0, by: "new")])
        #expect(found.after == found.before)
    }
}
