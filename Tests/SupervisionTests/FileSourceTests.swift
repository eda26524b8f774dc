import ControlProtocol
import GatewayModel
import Testing

@testable import Supervision

@Suite("Configuration from a file")
struct FileSourceTests {
    private let folder = TemporaryFolder()
    private static let log = Log(replica: "test")

    @Test("A file with faults is refused with all of them, each with its line")
    func faults() {
        let path = self.folder.write(
            "gateway.json",
            """
            [{"kind": "route", "name": "a", "forward": [{"upstream": "nowhere"}]},
             {"kind": "listener", "name": "b", "port": 70000}]
            """)
        #expect { try FileSource(path, log: Self.log) } throws: { error in
            (error as? StartFailure)?.sentences.count == 2
        }
    }

    @Test("A regular expression that is none is refused with its line and its place in the document, each one")
    func patterns() {
        let path = self.folder.write(
            "gateway.json",
            """
            [{"kind": "upstream", "name": "o", "endpoints": [{"address": "127.0.0.1", "port": 9001}]},
             {"kind": "listener", "name": "web", "port": 8080},
             {"kind": "route", "name": "a", "matches": [{"path": {"regex": "("}}, {"path": {"regex": "["}}],
              "forward": [{"upstream": "o"}]}]
            """)
        #expect { try FileSource(path, log: Self.log) } throws: { error in
            let sentences = (error as? StartFailure)?.sentences ?? []
            return sentences.count == 2 && sentences[0].contains(":3: route/a /matches/0/path/regex:")
                && sentences[1].contains(":3: route/a /matches/1/path/regex:")
        }
    }

    @Test("Nobody can guess what signs the cookies of a file's replica; a successor goes on with it")
    func identity() throws {
        let path = self.folder.write("gateway.json", #"[{"kind":"listener","name":"web","port":8080}]"#)
        let source = try FileSource(path, log: Self.log)
        #expect(try FileSource(path, log: Self.log).identity != source.identity)
        let successor = try FileSource(path, identity: source.identity, log: Self.log)
        #expect(try #require(successor.start()).update.identity == source.identity)
    }

    @Test("Reading it again gives what changed, and nothing when nothing did")
    func reloads() throws {
        let upstream = #"{"kind":"upstream","name":"api","endpoints":[{"address":"127.0.0.1","port":9001}]}"#
        let path = self.folder.write("gateway.json", "[\(upstream)]")
        let source = try FileSource(path, log: Self.log)
        var served = SnapshotContent(identity: source.identity)
        try served.apply(#require(source.start()).update)
        #expect(source.reload(from: served)?.update.version == nil)

        _ = self.folder.write(
            "gateway.json", "[\(upstream),{\"kind\":\"listener\",\"name\":\"web\",\"port\":8080}]")
        let update = try #require(source.reload(from: served)?.update)
        #expect(update.from == 1 && update.upserts.map(\.resource.key.name) == ["web"] && update.deletes.isEmpty)
        try served.apply(update)
        #expect(served.version == 2)
    }
}
