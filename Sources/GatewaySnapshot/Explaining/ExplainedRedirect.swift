import GatewayModel
import HTTPWire
import Routing

/// What a route answers that asks no backend.
struct ExplainedOwnAnswer {
    let answer: ExplainedAnswer
    /// Where it sends the client; `nil`: nowhere.
    let location: String?

    init(_ answer: OwnAnswer, _ request: RoutedRequest) {
        self.answer = ExplainedAnswer(status: answer.status, reason: nil)
        let said = answer.rules.own.contains(.location) ? answer.rules.location : nil
        self.location = answer.redirect.map { said ?? Self.location($0, request) } ?? said
    }

    /// As workers write it: always a whole URL.
    private static func location(_ redirect: RedirectPlan, _ request: RoutedRequest) -> String {
        let (head, arrival) = (request.head, request.arrival)
        let isSecure = redirect.isSecure ?? request.client.isSecure
        let host = redirect.hostname?.text ?? head.sentHost
        let listener = arrival.listener ?? arrival.connection
        let port = redirect.port(isSecure: isSecure) {
            listener.map { PublicPort($0).seen(isSecure: isSecure, endsTLS: arrival.isSecure) } ?? 0
        }
        let changed = redirect.path.map { $0.changed(head, matched: arrival.routing.matched) } ?? .success(head.wire)
        let path = (try? changed.get()) ?? head.wire
        let scheme = isSecure ? "https" : "http"
        return "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")\(String(decoding: path, as: UTF8.self))\(head.query)"
    }
}

extension FieldRules {
    /// The value of a `Location` that rules write.
    fileprivate var location: String? {
        let lines = self.lines.text.split(separator: "\r\n")
        let line = lines.first { $0.lowercased().hasPrefix("location:") }
        return line.map { String($0.dropFirst(9).drop { $0 == " " }) }
    }
}
