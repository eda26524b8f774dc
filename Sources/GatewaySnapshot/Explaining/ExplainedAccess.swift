import AccessControl
import GatewayModel
import HTTPWire
import Routing

/// What the auth policies of a listener and a route say of a request, in the order in which they are asked.
///
/// The rules themselves decide. What workers would have to find out first is not found out here: such a decision is unknown.
struct ExplainedAccess {
    private var entries: [ExplainedRule] = []
    /// The answer of the first rule that certainly refuses.
    private(set) var refusal: ExplainedAnswer?
    /// The rule that may find a caller, of whom nothing is known here.
    private var unknownCaller: String?

    init(_ route: CompiledRoute, _ request: RoutedRequest, _ shared: SharedResources, at now: Int64) {
        let group = request.arrival.group
        let inherited = request.arrival.routing.listener.flatMap {
            group.access.indices.contains($0) ? group.access[$0] : nil
        }
        let listener = route.inherits ? inherited : nil
        let own = shared.access.plan(route.policies)
        let check = AccessCheck(listener: listener, route: own, consumers: shared.access.directory)
        self.addCORS(request.arrival.listener?.policies ?? [], route, shared)
        self.ask(check, request, at: now)
        if listener == nil {
            for rule in inherited?.rules ?? [] {
                self.entries.append(ExplainedRule(rule.policy, "listener").aside("the route says inherit: false"))
            }
        }
    }

    /// The route's replaces the listener's, and of several the last counts.
    private mutating func addCORS(_ inherited: [String], _ route: CompiledRoute, _ shared: SharedResources) {
        let policies = { (names: [String]) in
            names.compactMap { shared.access.policies[$0] }.filter { $0.type == .cors }
        }
        let (listener, own) = (policies(inherited), policies(route.policies))
        let last = own.last ?? (route.inherits ? listener.last : nil)
        for policy in listener {
            let entry = ExplainedRule(policy, "listener")
            let reason =
                route.inherits
                ? "\(own.isEmpty ? "" : "the route's ")\(last?.name ?? ""), of the same type, replaces it"
                : "the route says inherit: false"
            self.entries.append(own.isEmpty && last == policy ? entry.passing : entry.aside(reason))
        }
        for policy in own {
            let entry = ExplainedRule(policy, "route")
            self.entries.append(
                last == policy ? entry.passing : entry.aside("\(last?.name ?? ""), of the same type, comes after it"))
        }
    }

    private mutating func ask(_ check: AccessCheck, _ request: RoutedRequest, at now: Int64) {
        let memory = AccessMemory()
        memory.now = now
        let findings = AccessFindings()
        for (rule, origin) in check.rules {
            let entry = ExplainedRule(rule.policy, origin == .listener ? "listener" : "route")
            self.entries.append(
                self.refusal == nil ? self.decide(entry, rule, check, request, findings, memory) : entry)
        }
    }

    private mutating func decide(
        _ entry: ExplainedRule, _ rule: AccessRule, _ check: AccessCheck, _ request: RoutedRequest,
        _ findings: AccessFindings, _ memory: AccessMemory
    ) -> ExplainedRule {
        if rule.asksWhoCalls, let unknownCaller {
            return entry.unknown("it depends on who calls, which \(unknownCaller) finds out")
        }
        let verdict = request.withAccess { check.verdict(of: rule, $0, findings, memory) }
        switch verdict {
        case .pass: return entry.passing
        case .waits(let wait):
            if rule.phase == .authentication { self.unknownCaller = rule.name }
            return entry.unknown(wait.sentence)
        case .refused(let refusal):
            if !rule.policy.observe {
                self.refusal = ExplainedAnswer(status: refusal.status, reason: "\(refusal.reason.code)")
            }
            return entry.refusing(refusal.reason)
        }
    }

    var json: [JSON] { self.entries.map(\.json) }
}

extension AccessWait {
    /// Why its outcome is not known.
    fileprivate var sentence: String {
        switch self {
        case .keys(let uri): "the keys at \(uri) are not fetched here"
        case .password: "whether the password is right is not checked here"
        case .service(let rule): "the service of upstream \(rule.policy.upstream) is not asked here"
        }
    }
}

extension RoutedRequest {
    /// Runs a body with the request as access rules see it.
    fileprivate func withAccess<R>(_ body: (AccessRequest) -> R) -> R {
        self.head.withRequest { request in
            Array(self.head.authority.utf8).withUnsafeBytes { authority in
                body(
                    AccessRequest(
                        request, client: self.client.address, isSecure: self.client.isSecure, authority: authority,
                        certificate: self.certificate))
            }
        }
    }
}
