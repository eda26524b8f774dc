import ControlProtocol
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The contract as a page for browsers: Swagger UI from a folder that `scripts/docs-assets` fills.
///
/// The files are read once, at the start, and nothing but them is ever served: a request's path is compared with their names
/// and never becomes a path of the file system.
package struct Documentation: Sendable {
    /// A folder that lacks a file.
    package struct Incomplete: Error, CustomStringConvertible {
        let path: String

        package var description: String {
            "--docs: \(self.path) cannot be read; scripts/docs-assets fills such a folder"
        }
    }

    private struct File: Sendable {
        let type: String
        let bytes: ByteBuffer
        let tag: String

        init(_ bytes: [UInt8], type: String) {
            self.type = type
            self.bytes = ByteBuffer(bytes: bytes)
            self.tag =
                "\"\(SHA256Digest(of: bytes).bytes.prefix(12).map { String($0, radix: 16) }.joined(separator: "."))\""
        }
    }

    private static let types = [
        "swagger-ui-bundle.js": "text/javascript; charset=utf-8", "swagger-ui.css": "text/css; charset=utf-8",
        "LICENSE": "text/plain; charset=utf-8",
    ]

    private let page: File
    /// By name.
    private let files: [String: File]

    /// - Throws: `Incomplete`.
    package init(folder: String) throws(Incomplete) {
        var files = ["start.js": File(Array(DocumentationPage.script.utf8), type: "text/javascript; charset=utf-8")]
        for (name, type) in Self.types {
            let path = "\(folder)/\(name)"
            guard let data = FileManager.default.contents(atPath: path) else { throw Incomplete(path: path) }
            files[name] = File(Array(data), type: type)
        }
        self.files = files
        self.page = File(Array(DocumentationPage.html.utf8), type: "text/html; charset=utf-8")
    }

    /// The page itself.
    func page(_ request: Request) -> Response { Self.response(self.page, request) }

    /// A file that the page refers to.
    func file(_ name: String, _ request: Request) throws(Refusal) -> Response {
        guard let file = self.files[name] else {
            throw Refusal(.notFound, "The documentation has no file of that name.")
        }
        return Self.response(file, request)
    }

    private static func response(_ file: File, _ request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: file.type, .eTag: file.tag, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: Self.policy,
        ]
        if let referrer = HTTPField.Name("Referrer-Policy") { headers[referrer] = "no-referrer" }
        if request.headers[.ifNoneMatch] == file.tag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.bytes))
    }

    /// Scripts, styles and calls are from here alone; Swagger UI has icons in data URLs.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")
}
