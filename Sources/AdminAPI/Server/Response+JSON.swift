import GatewayModel
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    init(json: JSON, status: HTTPResponse.Status = .ok, type: String = "application/json") {
        self.init(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.encoded())))
    }

    init(text: String, type: String) {
        self.init(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name {
        // Every name below is a token; the fallback can never be reached.
        HTTPField.Name(name) ?? .server
    }

    static let host = known("Host")
    static let referrerPolicy = known("Referrer-Policy")
    static let requestID = known("X-Request-Id")
    static let configVersion = known("X-Config-Version")
    static let change = known("X-Change")
    static let dryRun = known("X-Dry-Run")
    static let contentDigest = known("Content-Digest")
    static let link = known("Link")
    static let adopts = known("X-Sluice-Adopts")
}
