import GatewayModel
import HTTPTypes
import Storage

/// What `If-Match` and `If-None-Match` ask of a resource before a write (RFC 9110, 13.1).
enum Precondition: Sendable, Equatable {
    case none
    /// `If-Match: *`
    case exists
    /// `If-Match: "a", "b"`
    case matches([String])
    /// `If-None-Match: *`
    case isMissing

    init(_ headers: HTTPFields) throws(Refusal) {
        let match = headers[.ifMatch]
        let noneMatch = headers[.ifNoneMatch]
        switch (match, noneMatch) {
        case (nil, nil): self = .none
        case ("*", nil): self = .exists
        case (let match?, nil): self = .matches(try ETag.list(match, field: "If-Match"))
        case (nil, "*"): self = .isMissing
        case (nil, _): throw Refusal(.malformedHeader, "If-None-Match of a write can only be `*`.")
        default: throw Refusal(.malformedHeader, "If-Match and If-None-Match exclude each other.")
        }
    }

    /// - Throws: `precondition-failed` with the current ETag when there is one.
    func check(_ current: StoredResource?) throws(Refusal) {
        switch (self, current) {
        case (.none, _), (.exists, _?), (.isMissing, nil): return
        case (.matches(let tags), let current?) where tags.contains(ETag.of(current)): return
        case (_, let current?):
            throw Refusal(
                .preconditionFailed, "\(current.key.name) is at \(ETag.of(current)).",
                headers: [.eTag: ETag.of(current)])
        case (_, nil): throw Refusal(.preconditionFailed, "The resource does not exist.")
        }
    }
}
