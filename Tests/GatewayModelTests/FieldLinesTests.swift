import Documents
import GatewayModel
import Testing

@Suite("The line of a field")
struct FieldLinesTests {
    private static let yaml = """
        # a comment

        kind: upstream
        name: u
        endpoints:
          - address: 127.0.0.1
            port: 1
          - {address: 127.0.0.2, port: 2}
        ---
        # nothing here
        ---
        - kind: route
          name: r
          forward: [
            {upstream: u},
            {upstream: v}]
        -
          kind: route
          name: s
          a/b~c: 1
        """

    @Test(
        "is found in YAML",
        arguments: [
            (0, "", 3), (0, "/name", 4), (0, "/endpoints", 5), (0, "/endpoints/0/port", 7), (0, "/endpoints/1/port", 8),
            (0, "/endpoints/1/weight", 8), (0, "/endpoints/7", 5), (0, "/nothing", 3), (1, "", 12),
            (1, "/forward/1/upstream", 16), (2, "/name", 19), (2, "/a~1b~0c", 20),
        ])
    func yaml(document: Int, pointer: String, line: Int) {
        #expect(FieldLines(Self.yaml).line(document: document, pointer: pointer) == line)
    }

    private static let json = #"""

        [
          {"kind": "upstream", "name": "a \"b\" \\", "endpoints": [
            {"address": "127.0.0.1",
             "port": 1},
            {"address": "127.0.0.2", "port": 2}
          ], "tls": {},
          "labels": {"a\/b": "x",
            "na\u006de": "y"}},
          {"kind":
            "route",

            "name": "r"}
        ]
        """#

    @Test(
        "is found in JSON",
        arguments: [
            (0, "", 3), (0, "/name", 3), (0, "/endpoints", 3), (0, "/endpoints/0", 4), (0, "/endpoints/0/port", 5),
            (0, "/endpoints/1/port", 6), (0, "/endpoints/2", 3), (0, "/tls/ca", 7), (0, "/labels/a~1b", 8),
            (0, "/labels/name", 9), (0, "/nothing", 3), (1, "/kind", 10), (1, "/name", 13),
        ])
    func json(document: Int, pointer: String, line: Int) {
        #expect(FieldLines(Self.json).line(document: document, pointer: pointer) == line)
    }

    @Test("of a single object counts from the start of the text")
    func object() {
        #expect(FieldLines("\n{\n\"a\": 1}").line(document: 0, pointer: "/a") == 3)
        #expect(FieldLines("{}").line(document: 1, pointer: "") == nil)
        #expect(FieldLines("").line(document: 0, pointer: "") == nil)
    }

    @Test("stands before what is wrong in a file")
    func problems() {
        var set = DocumentSet()
        set.add(
            text:
                "kind: listener\nname: web\nport: 1\nprot: http\n---\nkind: route\nname: r\nforward:\n- upstream: u\n",
            file: "f")
        set.check()
        #expect(
            set.problems.map { "\($0.place.file):\($0.place.line) \($0.fault.pointer)" } == [
                "f:4 /prot", "f:9 /forward/0/upstream",
            ])
    }
}
