import HTTPTypes
import Hummingbird
import NIOCore
import Logging
import Storage

/// `GET /v1/backup`: the whole database as one SQLite file.
struct BackUp: Sendable {
    private static let chunk = 256 << 10

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        guard call.request.method != .head else {
            throw Refusal(.methodNotAllowed, "A backup is made for GET alone.", headers: [.allow: "GET"])
        }
        let turn = try self.state.backups.begin()
        let standing = call.context.standing
        let backup = try await self.state.backUp(by: call.actor)
        let body = ResponseBody(contentLength: Int(backup.size)) { writer in
            defer { withExtendedLifetime(turn) {} }
            var offset: Int64 = 0
            while offset < backup.size {
                try standing.check()
                let bytes = try backup.bytes(at: offset, count: Self.chunk)
                guard !bytes.isEmpty else { break }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += Int64(bytes.count)
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/vnd.sqlite3", .contentDisposition: "attachment; filename=\"sluice.sqlite\"",
            ], body: body)
    }
}

extension ControlState {
    /// Copies the database beside the writes, and writes down that somebody took it.
    nonisolated func backUp(by actor: Actor) async throws(Refusal) -> Backup {
        let backup: Backup
        do throws(StorageError) {
            backup = try await self.database.backUp()
        } catch {
            self.logger.error("No backup could be made", metadata: ["error": "\(error)"])
            throw error == .full
                ? Refusal(.diskFull, "There is no room for a copy of the database beside it.") : Refusal(error)
        }
        try await self.noteBackup(by: actor)
        return backup
    }

    private func noteBackup(by actor: Actor) throws(Refusal) {
        let entry = self.auditEntry(by: actor, "backup", on: nil)
        try self.change(by: actor) { database throws(StorageError) in try database.append(audit: entry) }
    }
}
