import GatewayModel
import HTTPTypes
import Hummingbird
import NIOCore

/// How large a body may be.
enum BodyLimit {
    static let resource = 1 << 20
    static let apply = 64 << 20
}

extension Call {
    /// The body as JSON: 415 for another content type, 413 above `limit`, 400 for what is not JSON.
    func jsonBody(
        upTo limit: Int = BodyLimit.resource, types: [String] = ["application/json"]
    ) async throws(Refusal) -> JSON {
        try self.requireContentType(types)
        let bytes = try await self.bodyBytes(upTo: limit)
        do throws(JSONError) {
            return try JSON(parsing: bytes)
        } catch {
            throw Refusal(malformed: error)
        }
    }

    /// - Parameter place: where the body is counted, when it may be large.
    func bodyBytes(upTo limit: Int, in place: BodyRoom.Place? = nil) async throws(Refusal) -> [UInt8] {
        let declared = self.request.headers[.contentLength].flatMap { Int($0) } ?? 0
        if declared > limit { throw Self.tooLarge(limit) }
        try place?.grow(to: declared)
        do {
            var buffer = ByteBuffer()
            buffer.reserveCapacity(declared)
            for try await part in self.request.body {
                let size = buffer.readableBytes + part.readableBytes
                if size > limit { throw Self.tooLarge(limit) }
                try place?.grow(to: size)
                buffer.writeImmutableBuffer(part)
            }
            if buffer.readableBytes >= Heap.largeBody { Heap.giveBackSoon() }
            return buffer.readBytes(length: buffer.readableBytes) ?? []
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(.malformedBody, "The body ended too early or is not framed as HTTP asks for.")
        }
    }

    /// The media type of the body without parameters, in lower case; a `charset` other than UTF-8 is refused.
    @discardableResult
    func requireContentType(_ accepted: [String]) throws(Refusal) -> String {
        let field = self.request.headers[.contentType] ?? ""
        if accepted.contains(field) { return field }
        let parts = field.lowercased().split(separator: ";").map { $0.trimmingPrefix(" ") }
        let type = parts.first.map(String.init)?.replacing(" ", with: "") ?? ""
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst("charset=".count)
        let isUTF8 = charset.map { $0 == "utf-8" || $0 == "\"utf-8\"" || $0 == "utf8" } ?? true
        guard accepted.contains(type), isUTF8 else {
            let given = field.isEmpty ? "no content type" : field
            let wanted = accepted.joined(separator: " or ")
            throw Refusal(
                .unsupportedMediaType, "The body came with \(given); this operation takes \(wanted).",
                headers: [.accept: accepted.joined(separator: ", ")])
        }
        return type
    }

    private static func tooLarge(_ limit: Int) -> Refusal {
        Refusal(.bodyTooLarge, "The body is larger than \(limit) bytes.", headers: [.connection: "close"])
    }
}

extension Refusal {
    init(malformed error: JSONError) {
        let text = "Byte \(error.offset): \(error.message)."
        self.init(
            .malformedBody, "The body is not JSON.",
            errors: [.object(["pointer": "", "code": "malformed", "detail": .string(text)])])
    }
}
