import AccessControl

/// Why the gateway itself answers: the stable code that stands in the problem document, the log and the metrics.
enum Reason: UInt8, CaseIterable {
    case badRequest, requestTimeout, headTooLarge, targetTooLong, bodyTooLarge, methodNotAllowed, unsupportedVersion
    case plainHTTP, misdirected, unknownUpgrade
    /// A regular expression of a route was given up: neither this route nor another may take the request.
    case patternLimit
    /// A policy has it that some requests are answered so.
    case faultInjected
    case noRoute, noShare, draining, noEndpoint, tooManyConnections
    /// A limit of the upstream's circuit breaker.
    case upstreamRequestLimit, upstreamPendingLimit
    case upstreamConnectFailed, upstreamTLSFailed, upstreamReset, upstreamInvalid, upstreamTimeout
    /// Nothing moved in a tunnel for too long.
    case idleTimeout
    /// The client went away; nobody reads an answer.
    case clientClosed
    // Access rules; see `AccessReason`, which has their texts.
    case missingCredentials, ambiguousCredentials, invalidCredentials, invalidAPIKey
    case invalidToken, tokenAlgorithm, tokenKeyUnknown, tokenSignature
    case tokenExpired, tokenNotYetValid, tokenIssuer, tokenAudience
    case insufficientScope, claimMismatch, consumerDenied, certificateRequired
    case certificateDenied, addressDenied, authorizationDenied, originDenied
    case extAuthDenied, keysUnreachable, extAuthUnreachable, authenticationOverloaded
    // Traffic rules.
    case rateLimited, limitStoreUnreachable, concurrencyLimited, concurrencyTimeout
    case firewallRefused, firewallBodyTooLarge, firewallOverloaded, firewallFailed

    var code: StaticString {
        switch self {
        case .badRequest: "bad-request"
        case .requestTimeout: "request-timeout"
        case .headTooLarge: "head-too-large"
        case .targetTooLong: "target-too-long"
        case .bodyTooLarge: "body-too-large"
        case .methodNotAllowed: "method-not-allowed"
        case .unsupportedVersion: "unsupported-version"
        case .plainHTTP: "plain-http"
        case .misdirected: "misdirected-request"
        case .unknownUpgrade: "unknown-upgrade"
        case .patternLimit: "pattern-limit"
        case .faultInjected: "fault-injected"
        case .noRoute: "no-route"
        case .noShare: "no-share"
        case .draining: "draining"
        case .noEndpoint: "no-endpoint"
        case .tooManyConnections: "too-many-connections"
        case .upstreamRequestLimit: "upstream-request-limit"
        case .upstreamPendingLimit: "upstream-pending-limit"
        case .upstreamConnectFailed: "upstream-connect-failed"
        case .upstreamTLSFailed: "upstream-tls-failed"
        case .upstreamReset: "upstream-reset"
        case .upstreamInvalid: "upstream-invalid"
        case .upstreamTimeout: "upstream-timeout"
        case .idleTimeout: "idle-timeout"
        case .clientClosed: "client-closed"
        case .rateLimited: "rate-limited"
        case .limitStoreUnreachable: "limit-store-unreachable"
        case .concurrencyLimited: "concurrency-limited"
        case .concurrencyTimeout: "concurrency-timeout"
        case .firewallRefused: "waf-refused"
        case .firewallBodyTooLarge: "waf-body-too-large"
        case .firewallOverloaded: "waf-overloaded"
        case .firewallFailed: "waf-failed"
        default: self.access?.code ?? "unknown"
        }
    }

    /// 499 is for the log alone: nothing is sent to a client that left.
    var status: UInt16 {
        switch self {
        case .badRequest, .unsupportedVersion, .plainHTTP, .patternLimit: 400
        case .noRoute: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .bodyTooLarge, .firewallBodyTooLarge: 413
        case .firewallRefused: 403
        case .rateLimited: 429
        case .targetTooLong: 414
        case .misdirected: 421
        case .headTooLarge: 431
        case .clientClosed: 499
        case .noShare: 500
        case .unknownUpgrade: 501
        case .upstreamInvalid: 502
        case .faultInjected, .draining, .noEndpoint, .tooManyConnections, .upstreamRequestLimit, .upstreamPendingLimit,
            .upstreamConnectFailed, .upstreamTLSFailed,
            .upstreamReset, .limitStoreUnreachable, .concurrencyLimited, .concurrencyTimeout, .firewallOverloaded,
            .firewallFailed:
            503
        case .upstreamTimeout, .idleTimeout: 504
        default: self.access?.status ?? 503
        }
    }

    var title: StaticString {
        switch self.status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 504: "Gateway Timeout"
        default: "Service Unavailable"
        }
    }

    var detail: StaticString {
        switch self {
        case .badRequest: "The request is not valid HTTP, or could be read in two ways."
        case .requestTimeout: "The request did not arrive in time."
        case .headTooLarge: "The request head is larger, or has more fields, than this listener takes."
        case .targetTooLong: "The request target is longer than this listener takes."
        case .bodyTooLarge: "The request body is larger than this listener takes."
        case .methodNotAllowed: "CONNECT and TRACE are not served."
        case .unsupportedVersion: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        case .plainHTTP: "This port speaks HTTPS: the request came without TLS."
        case .misdirected: "The request is for a host that this connection was not made for."
        case .unknownUpgrade: "Of the protocols that CONNECT can ask for only websocket is served."
        case .patternLimit: "A regular expression would take too long to tell which route this request takes."
        case .faultInjected: "This fault is made on purpose, as a rehearsal."
        case .noRoute: "No route matches this request."
        case .noShare: "All shares of the route have the weight 0."
        case .draining: "This replica takes no new traffic."
        case .noEndpoint: "The upstream has no endpoint that may be used."
        case .tooManyConnections: "This listener has as many connections as it may."
        case .upstreamRequestLimit: "The upstream has as many requests under way as it may."
        case .upstreamPendingLimit: "As many requests wait for a connection to the upstream as may."
        case .upstreamConnectFailed: "The upstream could not be connected to."
        case .upstreamTLSFailed: "No TLS session could be made with the upstream, or it broke."
        case .upstreamReset: "The upstream closed the connection before it answered."
        case .upstreamInvalid: "The upstream's answer is not valid HTTP."
        case .upstreamTimeout: "The upstream did not answer in time."
        case .idleTimeout: "Nothing came from either side for too long."
        case .clientClosed: "The client closed the connection."
        case .rateLimited: "More requests came than may in this time."
        case .limitStoreUnreachable: "The store that counts requests does not answer."
        case .concurrencyLimited: "As many requests are under way as may be."
        case .concurrencyTimeout: "As many requests are under way as may be, and none has ended in time."
        case .firewallRefused: "The request looks like an attack."
        case .firewallBodyTooLarge: "The request body is larger than the firewall scans."
        case .firewallOverloaded: "As many requests wait for the firewall as may."
        case .firewallFailed: "The firewall could not come to an end with this request."
        default: self.access?.detail ?? ""
        }
    }
}
