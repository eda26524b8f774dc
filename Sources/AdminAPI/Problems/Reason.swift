import HTTPTypes

/// Why a call was refused: the stable code that the problem document, the log and the metrics carry.
enum Reason: String, Sendable, CaseIterable {
    case malformedBody = "malformed-body"
    case malformedQuery = "malformed-query"
    case malformedHeader = "malformed-header"
    case malformedRequest = "malformed-request"
    case unauthenticated
    case forbidden
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case referenced
    case ownedElsewhere = "owned-elsewhere"
    case planOutdated = "plan-outdated"
    case nameTaken = "name-taken"
    case replicaLive = "replica-live"
    case versionPruned = "version-pruned"
    case preconditionFailed = "precondition-failed"
    case preconditionRequired = "precondition-required"
    case bodyTooLarge = "body-too-large"
    case headTooLarge = "head-too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case misdirected
    case invalid
    case tooManyAttempts = "too-many-attempts"
    case `internal`
    case busy
    case notWritable = "not-writable"
    case shuttingDown = "shutting-down"
    case diskFull = "disk-full"

    var status: HTTPResponse.Status {
        switch self {
        case .malformedBody, .malformedQuery, .malformedHeader, .malformedRequest: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound, .versionPruned: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .referenced, .ownedElsewhere, .planOutdated, .nameTaken, .replicaLive: .conflict
        case .preconditionFailed: .preconditionFailed
        case .preconditionRequired: .preconditionRequired
        case .bodyTooLarge: .contentTooLarge
        case .headTooLarge: .requestHeaderFieldsTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .misdirected: .misdirectedRequest
        case .invalid: .unprocessableContent
        case .tooManyAttempts: .tooManyRequests
        case .internal: .internalServerError
        case .busy, .notWritable, .shuttingDown: .serviceUnavailable
        case .diskFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    var title: String {
        switch self {
        case .malformedBody: "The body cannot be read"
        case .malformedQuery: "The query cannot be read"
        case .malformedHeader: "A header field cannot be read"
        case .malformedRequest: "The request is not HTTP as it should be"
        case .unauthenticated: "A valid token is needed"
        case .forbidden: "The token does not allow this"
        case .notFound: "There is no such thing"
        case .methodNotAllowed: "The method is not available here"
        case .referenced: "Others refer to this resource"
        case .ownedElsewhere: "Another set owns this"
        case .planOutdated: "The configuration is not what it was when this was planned"
        case .nameTaken: "The name is taken"
        case .replicaLive: "The replica is alive"
        case .versionPruned: "The content of that version is no longer kept"
        case .preconditionRequired: "The request must say which state it is meant for"
        case .preconditionFailed: "The resource is not in the state that was asked for"
        case .bodyTooLarge: "The body is too large"
        case .headTooLarge: "The head of the request is too large"
        case .unsupportedMediaType: "The content type is not understood here"
        case .misdirected: "This server does not answer to that host name"
        case .invalid: "The content is not valid"
        case .tooManyAttempts: "Too many wrong tokens"
        case .internal: "The control plane failed"
        case .busy: "The control plane has enough to do"
        case .notWritable: "The store cannot be written at the moment"
        case .shuttingDown: "The control plane is shutting down"
        case .diskFull: "The disk of the control plane is full"
        }
    }
}
