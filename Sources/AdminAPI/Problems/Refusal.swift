import GatewayModel
import HTTPTypes

/// A call that is not carried out: what its problem document will say.
struct Refusal: Error, Sendable {
    /// More errors than this help nobody, and a stranger's body could have millions.
    static let mostErrors = 1000

    let reason: Reason
    let detail: String
    /// Members of `errors`, each with `pointer`, `code`, `detail` and maybe `hint`.
    var errors: [JSON] = []
    /// Header fields of the answer beyond the usual ones: `Allow`, `ETag`, `Retry-After`.
    var headers = HTTPFields()

    init(_ reason: Reason, _ detail: String, errors: [JSON] = [], headers: HTTPFields = HTTPFields()) {
        self.reason = reason
        self.detail = detail
        self.errors = Array(errors.prefix(Self.mostErrors))
        self.headers = headers
    }

    /// A call that costs much, while others of the kind are under way.
    init(busy detail: String) { self.init(.busy, detail, headers: [.retryAfter: "5"]) }

    /// A document that breaks rules of the model.
    init(invalid faults: [Fault]) {
        let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
        self.init(.invalid, "The document has \(count); each is listed under errors.", errors: faults.map(\.json))
    }

    /// The problem document (RFC 9457).
    ///
    /// - Parameter instance: the path of the call.
    func document(instance: String, requestID: String) -> JSON {
        var document: JSONObject = [
            "type": .string("/problems/\(self.reason.rawValue)"),
            "title": .string(self.reason.title),
            "status": .integer(Int64(self.reason.status.code)),
            "detail": .string(self.detail),
            "instance": .string(instance),
            "requestId": .string(requestID),
            "reason": .string(self.reason.rawValue),
        ]
        if !self.errors.isEmpty { document["errors"] = .array(self.errors) }
        return .object(document)
    }
}
