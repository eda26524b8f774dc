import GatewayModel
import HTTPWire
import Routing

/// An answer of the gateway itself, and why it gives it.
struct ExplainedAnswer {
    /// `nil`: there is no answer, the connection ends.
    let status: UInt16?
    /// The code of the gateway's problems; `nil` for what a route is told to answer.
    let reason: String?

    static let badRequest = ExplainedAnswer(status: 400, reason: "bad-request")
    static let noRoute = ExplainedAnswer(status: 404, reason: "no-route")
    static let patternLimit = ExplainedAnswer(status: 400, reason: "pattern-limit")
    static let noShare = ExplainedAnswer(status: 500, reason: "no-share")
    static let noEndpoint = ExplainedAnswer(status: 503, reason: "no-endpoint")
    static let upstreamInvalid = ExplainedAnswer(status: 502, reason: "upstream-invalid")

    /// What no request of a connection is needed for.
    private static let unknownName = ExplainedAnswer(status: nil, reason: "unrecognized-name")

    init(status: UInt16?, reason: String?) {
        self.status = status
        self.reason = reason
    }
}

extension ExplainedAnswer {
    /// What a request is answered before or instead of a route, in the order in which workers find it out; `nil`: a route
    /// takes it.
    init?(_ arrival: Arrival, _ url: ExplainedURL, _ head: ExplainedHead) {
        let early = Self.opening(arrival, url) ?? (arrival.isTunnel ? nil : Self.request(arrival, head))
        if let early {
            self = early
        } else if arrival.routing.isGivenUp {
            self = .patternLimit
        } else if arrival.routing.taken == nil {
            self = arrival.isTunnel ? ExplainedAnswer(status: nil, reason: "no-route") : .noRoute
        } else {
            return nil
        }
    }

    private static func opening(_ arrival: Arrival, _ url: ExplainedURL) -> ExplainedAnswer? {
        guard let connection = arrival.connection else {
            return url.isSecure || arrival.nearness != .port ? .unknownName : Self.plainHTTP
        }
        let speaksTLS = connection.proto == .https || connection.proto == .tls
        return speaksTLS && !url.isSecure && arrival.nearness == .port ? Self.plainHTTP : nil
    }

    private static let plainHTTP = ExplainedAnswer(status: 400, reason: "plain-http")

    private static func request(_ arrival: Arrival, _ head: ExplainedHead) -> ExplainedAnswer? {
        guard let limits = arrival.group.listeners.first?.limits else { return nil }
        if let fault = Self.head(head, limits) { return fault }
        switch head.head.method {
        case .connect, .trace: return ExplainedAnswer(status: 405, reason: "method-not-allowed")
        default: break
        }
        if case .length(let length) = head.head.framing, let most = limits.bodyBytes, length > UInt64(clamping: most) {
            return ExplainedAnswer(status: 413, reason: "body-too-large")
        }
        if Self.asksForHealth(arrival.connection, head) { return ExplainedAnswer(status: 200, reason: "health-check") }
        return arrival.isMisdirected ? ExplainedAnswer(status: 421, reason: "misdirected-request") : nil
    }

    private static func head(_ head: ExplainedHead, _ limits: ListenerLimits) -> ExplainedAnswer? {
        let limits = HeadLimits(
            bytes: limits.headerBytes, targetBytes: limits.headerBytes, fields: limits.headerCount)
        switch head.fault(limits) {
        case nil: return nil
        case .malformed, .unsupportedVersion: return .badRequest
        case .targetTooLong: return ExplainedAnswer(status: 414, reason: "target-too-long")
        case .headTooLarge: return ExplainedAnswer(status: 431, reason: "head-too-large")
        }
    }

    private static func asksForHealth(_ listener: Listener?, _ head: ExplainedHead) -> Bool {
        guard let path = listener?.healthCheckPath, !head.head.asksForWebSocket else { return false }
        let sent = head.bytes[head.head.path.range]
        return (head.head.method == .get || head.head.method == .head) && sent.elementsEqual(path.utf8)
    }
}
