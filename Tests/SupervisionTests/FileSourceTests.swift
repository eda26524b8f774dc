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

    @Test("Reading it again gives what changed, and nothing when nothing did")
    func reloads() throws {
        let upstream = #"{"kind":"upstream","name":"api","endpoints":[{"address":"127.0.0.1","port":9001}]}"#
        let path = self.folder.write("gateway.json", "[\(upstream)]")
        let source = try FileSource(path, log: Self.log)
        var served = SnapshotContent(identity: FileSource.identity)
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
