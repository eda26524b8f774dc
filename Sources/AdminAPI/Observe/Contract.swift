import Documents
import GatewayModel
import Hummingbird
import NIOCore

/// `GET /v1/openapi.json`: the contract, `openapi/admin.yaml` as JSON.
///
/// The file is built into the program through the link `Sources/AdminAPI/openapi`.
struct Contract: Sendable {
    private let bytes: ByteBuffer

    /// - Throws: when the embedded file is not YAML; the contract test reads it on every run.
    init() throws(DocumentError) {
        let text = String(decoding: PackageResources.admin_yaml, as: UTF8.self)
        let document = try parseDocuments(text, yaml: true).first?.json ?? .null
        self.bytes = ByteBuffer(bytes: document.encoded())
    }

    func callAsFunction(_ call: Call) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: self.bytes))
    }
}
