import ControlProtocol
import DataPlane
import Documents
import GatewayModel
import GatewaySnapshot

/// A file as the source of configuration: read at the start and again on SIGHUP.
final class FileSource {
    /// Of this replica's configuration alone, over its upgrades: what clients keep is signed with it.
    let identity: String
    /// What was in the file at the start, until it is asked for.
    private var first: PendingUpdate?
    private let path: String
    private let log: Log
    private var version: Int64 = 1
    private var hasLeftovers = false

    /// - Parameter identity: a predecessor's; `nil`: a new one.
    /// - Throws: all faults of the file, each with its line.
    init(_ path: String, identity: String? = nil, log: Log) throws(StartFailure) {
        self.path = path
        self.log = log
        self.identity = if let identity { identity } else { try Self.newIdentity() }
        let content = try Self.read(path, identity: self.identity, version: 1)
        self.first = PendingUpdate(update: content.full(), bytes: nil, origin: .file, content: content)
    }

    /// What was in the file at the start; given out once, and then no longer held.
    func start() -> PendingUpdate? {
        defer { self.first = nil }
        return self.first
    }

    /// Reading and installing a file takes more memory than what comes of it; the next tick gives that back, for
    /// by then nobody holds the update any more.
    func installed() { self.hasLeftovers = true }

    func tick() {
        guard self.hasLeftovers else { return }
        self.hasLeftovers = false
        Memory.giveBack()
    }

    /// Reads the file again. A file with faults changes nothing; all of them are logged.
    ///
    /// - Returns: what changed; `nil` when nothing did, or the file is refused.
    func reload(from served: SnapshotContent?) -> PendingUpdate? {
        do throws(StartFailure) {
            let content = try Self.read(self.path, identity: self.identity, version: self.version + 1)
            guard let update = Self.update(to: content, from: served) else {
                self.log.info("configuration file is unchanged", ["file": .string(self.path)])
                return nil
            }
            self.version += 1
            return PendingUpdate(update: update, bytes: nil, origin: .file)
        } catch {
            self.log.error(
                "configuration file refused, the last good one goes on serving",
                ["file": .string(self.path), "faults": .array(error.sentences.map { .string($0) })])
            return nil
        }
    }

    private static func newIdentity() throws(StartFailure) -> String {
        do throws(SystemError) {
            return "file-" + HexText.encode(try randomBytes(16))
        } catch {
            throw StartFailure(sentences: [error.message])
        }
    }

    private static func read(
        _ path: String, identity: String, version: Int64
    ) throws(StartFailure) -> SnapshotContent {
        var set = DocumentSet()
        do throws(SystemError) {
            let bytes = try Files.read(path)
            if let text = String(validating: bytes, as: UTF8.self) {
                set.add(text: text, file: path)
            } else {
                set.addUnreadable(file: path, reason: "the file is not UTF-8")
            }
        } catch {
            throw StartFailure(sentences: [error.message])
        }
        set.check()
        for entry in set.entries { set.report(entry.resource.patternFaults, of: entry) }
        guard set.problems.isEmpty else { throw StartFailure(sentences: set.problems.map(\.description)) }
        return Self.content(set, identity: identity, version: version)
    }

    /// Earlier documents count as older.
    private static func content(_ set: DocumentSet, identity: String, version: Int64) -> SnapshotContent {
        SnapshotContent(
            identity: identity, version: version,
            entries: set.entries.enumerated().lazy.map { order, entry in
                SnapshotEntry(resource: entry.resource, order: Int64(order))
            })
    }

    private static func update(to content: SnapshotContent, from served: SnapshotContent?) -> SnapshotUpdate? {
        guard let served else { return content.full() }
        guard served.digest != content.digest else { return nil }
        let upserts = content.entries.filter { served.entries[$0.resource.key] != $0 }
        let deletes = served.entries.map(\.resource.key).filter { content.entries[$0] == nil }
        return SnapshotUpdate(
            identity: content.identity, from: served.version, version: content.version, digest: content.digest,
            upserts: upserts.sorted { $0.resource.key < $1.resource.key }, deletes: deletes.sorted())
    }
}
