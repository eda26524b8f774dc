import AccessControl
package import GatewayModel
import Routing

extension Gateway {
    /// Says whether a page may make a request and read its answer, which step of Fetch fails, and what would mend it: by the
    /// rules and the routing that serve requests.
    package func diagnoseCORS(_ question: CORSQuestion) -> JSON {
        var checks = CORSChecks(question)
        guard let url = ExplainedURL(question.url) else { return .null }
        let isSameOrigin = question.origin == url.origin
        checks.check(
            .origin, question.origin != "null" && question.origin.contains("://"),
            isSameOrigin ? "the page is of the gateway's own origin" : "\(question.origin) asks \(url.origin)",
            else: "the page has no origin of its own, as in a sandboxed frame or a local file: no policy names it")
        checks.check(
            .method, !question.isForbiddenMethod, "pages may send \(question.method)",
            else: "browsers send no \(question.method)")
        let landing = self.landing(question, url)
        checks.check(
            .route, landing.place != nil, landing.detail, else: landing.detail)
        if isSameOrigin { return self.json(checks, landing, "same-origin", fix: nil) }
        return self.diagnose(checks, landing)
    }

    private func diagnose(_ checks: CORSChecks, _ landing: CORSLanding) -> JSON {
        var checks = checks
        let question = checks.question
        let rule = landing.rule
        checks.check(
            .policy, rule != nil, "\(rule?.name ?? "") is in force",
            else: "no CORS policy is in force here: pages read the answer only if the upstream itself says so")
        let preflight = landing.preflight
        if question.isPreflighted {
            checks.check(
                .preflightStatus, preflight != nil, "the gateway answers the preflight with 204",
                else: "another route, which has no CORS policy, takes the preflight")
            if let preflight { checks.checkPreflight(preflight.preflightFields(question)) }
        }
        if let rule { checks.checkAnswer(rule.answerFields(question)) }
        return self.json(
            checks, landing, question.isPreflighted ? "preflighted" : "simple", fix: self.fix(checks, landing))
    }

    private func fix(_ checks: CORSChecks, _ landing: CORSLanding) -> CORSFix? {
        guard let step = checks.failing, let place = landing.place else { return nil }
        let question = checks.question
        if step == .policy {
            return CORSFix(
                place, Array(self.shared.access.policies.values), taken: { self.shared.hasPolicy($0) }, question)
        }
        let isPreflight = step != .origins && step != .credentials
        guard let rule = isPreflight ? landing.preflight : landing.rule else { return nil }
        let fields = isPreflight ? rule.preflightFields(question) : rule.answerFields(question)
        return CORSFix(step, rule, fields, question)
    }

    private func json(_ checks: CORSChecks, _ landing: CORSLanding, _ kind: String, fix: CORSFix?) -> JSON {
        let question = checks.question
        let isAsked = kind == "preflighted" && landing.preflight != nil
        let preflight: JSON? =
            isAsked ? landing.preflight.map { ["status": 204, "headers": $0.preflightFields(question).json] } : nil
        return [
            "verdict": checks.failing == nil ? "allowed" : "blocked", "kind": .string(kind), "steps": checks.json,
            "failing": checks.failing.map { .string($0.rawValue) } ?? .null,
            "route": landing.route.map { .string($0.name) } ?? .null,
            "listener": landing.listener.map { .string($0.name) } ?? .null,
            "policy": landing.rule.map { .string($0.name) } ?? .null,
            "from": landing.rule == nil ? .null : landing.isOwn ? "route" : "listener",
            "preflight": preflight ?? .null,
            "response": landing.rule.map { ["headers": $0.answerFields(question).json] } ?? .null,
            "fix": fix?.json ?? .null,
        ]
    }
}

/// Where a request comes to, and the CORS policies in force there.
struct CORSLanding {
    var route: CompiledRoute?
    var listener: Listener?
    /// Of the answer.
    var rule: CORSRule?
    /// Of the preflight's answer.
    var preflight: CORSRule?
    /// `rule` is the route's own.
    var isOwn = false
    /// Where a policy would be named; `nil`: nobody would hear the request.
    var place: CORSFix.Place?
    let detail: String
}

extension Gateway {
    fileprivate func landing(_ question: CORSQuestion, _ url: ExplainedURL) -> CORSLanding {
        let named = question.headers.map { (name: $0.name, value: $0.value ?? "") }
        let request = ExplainRequest(
            method: question.method, url: question.url, headers: named + [(name: "origin", value: question.origin)])
        guard let head = ExplainedHead(request, url) else { return CORSLanding(detail: "the gateway answers 400") }
        let arrivals = self.arrivals(url, head)
        let best = arrivals.first { $0.routing.taken != nil } ?? arrivals.first { $0.routing.listener != nil }
        guard let best, let listener = best.listener, !best.isTunnel else {
            return CORSLanding(detail: "no listener takes requests for this URL")
        }
        let early = ExplainedAnswer(best, url, head)
        guard early?.reason != "plain-http", early?.reason != "unrecognized-name" else {
            return CORSLanding(
                listener: listener, detail: "the connection fails: the scheme or the host is not the listener's")
        }
        let own = self.shared.access.plan(listener.policies)?.cors
        let route = early == nil ? best.routing.taken : nil
        let rule = route.map { $0.corsRule(listener: own) } ?? own
        let place =
            route.map { CORSFix.Place(kind: .route, name: $0.name, policies: $0.policies) }
            ?? CORSFix.Place(kind: .listener, name: listener.name, policies: listener.policies)
        let answered = early.flatMap { early in early.status.map { "the gateway answers \($0) (\(early.reason ?? ""))" }
        }
        return CORSLanding(
            route: route, listener: listener, rule: rule, preflight: self.preflightRule(question, url, best, own),
            isOwn: route?.corsRule(listener: nil) != nil, place: place,
            detail: route.map { "route \($0.name) takes the request" } ?? answered ?? "no route takes the request")
    }

    /// The policy that answers the preflight of a request.
    private func preflightRule(
        _ question: CORSQuestion, _ url: ExplainedURL, _ arrival: Arrival, _ listener: CORSRule?
    ) -> CORSRule? {
        guard question.isPreflighted, let slot = self.groups.firstIndex(of: arrival.group) else { return nil }
        var headers = [
            (name: "origin", value: question.origin), (name: "access-control-request-method", value: question.method),
        ]
        let unsafe = question.unsafeHeaders.joined(separator: ",")
        if !unsafe.isEmpty { headers.append((name: "access-control-request-headers", value: unsafe)) }
        guard let head = ExplainedHead(ExplainRequest(method: "OPTIONS", url: question.url, headers: headers), url)
        else {
            return nil
        }
        return head.withRequest { request in
            guard let preflight = PreflightRequest(request) else { return nil }
            return Array(head.host.utf8).withUnsafeBytes {
                self.preflight(group: slot, host: $0, preflight, listener: listener)?.rule
            }
        }
    }
}

extension ExplainedURL {
    /// As browsers serialise it: without the scheme's own port.
    fileprivate var origin: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        let isUsual = self.port == (self.isSecure ? 443 : 80)
        return "\(self.isSecure ? "https" : "http")://\(host)\(isUsual ? "" : ":\(self.port)")"
    }
}
