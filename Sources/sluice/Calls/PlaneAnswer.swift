import ControlClient
import GatewayModel

/// What the control plane said to a call that succeeded.
struct PlaneAnswer {
    /// As it came.
    let bytes: [UInt8]
    /// `null` for an answer that is empty or no JSON.
    let body: JSON
    /// The configuration that holds after a write.
    let version: Int64?
    /// For a write with a precondition.
    let etag: String?

    init(_ answer: ClientAnswer) {
        self.bytes = answer.body
        self.body = answer.body.isEmpty ? .null : (try? JSON(parsing: answer.body)) ?? .null
        self.version = answer.header("x-config-version").flatMap { Int64($0) }
        self.etag = answer.header("etag")
    }

    var text: String { String(decoding: self.bytes, as: UTF8.self) }
}
