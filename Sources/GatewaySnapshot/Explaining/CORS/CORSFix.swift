import AccessControl
import GatewayModel

/// The change that mends what a diagnosis found: a merge patch on a resource, or a policy to be made.
struct CORSFix {
    let kind: ResourceKind
    let name: String
    /// The resource is not there yet: the patch is all of it.
    let creates: Bool
    let patch: JSON
    let detail: String

    var json: JSON {
        [
            "kind": .string(self.kind.rawValue), "name": .string(self.name), "creates": .bool(self.creates),
            "patch": self.patch, "detail": .string(self.detail),
        ]
    }

    /// Where a policy may be named.
    struct Place {
        let kind: ResourceKind
        let name: String
        let policies: [String]
    }

    /// A change of the policy in force.
    ///
    /// - Returns: `nil` where no policy could say yes.
    init?(_ step: CORSChecks.Step, _ rule: CORSRule, _ fields: CORSFields, _ question: CORSQuestion) {
        let policy = rule.policy
        var settings = JSONObject()
        switch step {
        case .origin, .method, .route, .policy, .preflightStatus: return nil
        case .preflightOrigin, .origins, .preflightCredentials, .credentials:
            let isNew = !policy.origins.contains { $0.matches(question.origin) }
            // Any page at all would come with credentials: the origins must be listed then.
            let isAny = policy.origins.contains(.any)
            guard isNew || question.sendsCredentials, question.origin != "null" else { return nil }
            if isNew || isAny {
                let kept = policy.origins.filter { $0 != .any && !$0.matches(question.origin) }
                settings["allowOrigins"] = .array((kept.map(\.text) + [question.origin]).map { .string($0) })
            }
            if question.sendsCredentials { settings["allowCredentials"] = true }
        case .preflightMethods: settings["allowMethods"] = Self.list(policy.methods, [question.method])
        case .preflightHeaders:
            settings["allowHeaders"] = Self.list(policy.headers, question.missingHeaders(fields))
        }
        self.init(
            kind: .authPolicy, name: rule.name, creates: false, patch: ["cors": .object(settings)],
            detail: "it counts wherever \(rule.name) is attached")
    }

    /// A policy where there is none: one that is there already and lets the request pass, else one to be made.
    init(_ place: Place, _ known: [AuthPolicy], taken: (String) -> Bool, _ question: CORSQuestion) {
        let fitting = known.sorted { $0.name < $1.name }.first { $0.lets(question) }
        if let fitting {
            self.init(
                kind: place.kind, name: place.name, creates: false,
                patch: ["policies": .array((place.policies + [fitting.name]).map { .string($0) })],
                detail: "\(fitting.name) lets the request pass")
            return
        }
        let name = Self.freeName("cors-\(place.name)", taken)
        var settings: JSONObject = ["allowOrigins": [.string(question.origin)]]
        if !question.isSafelistedMethod {
            settings["allowMethods"] = ["GET", "HEAD", "POST", .string(question.method)]
        }
        let headers = question.unsafeHeaders
        if !headers.isEmpty { settings["allowHeaders"] = .array(headers.map { .string($0) }) }
        if question.sendsCredentials { settings["allowCredentials"] = true }
        self.init(
            kind: .authPolicy, name: name, creates: true,
            patch: ["name": .string(name), "type": "cors", "cors": .object(settings)],
            detail:
                "no policy lets the request pass: make this one, then name it in policies of \(place.kind.rawValue) \(place.name)"
        )
    }

    private init(kind: ResourceKind, name: String, creates: Bool, patch: JSON, detail: String) {
        self.kind = kind
        self.name = name
        self.creates = creates
        self.patch = patch
        self.detail = detail
    }

    /// A name that no policy has, not longer than names may be.
    private static func freeName(_ text: String, _ taken: (String) -> Bool) -> String {
        var base = text.prefix(50)
        while let last = base.utf8.last, last == UInt8(ascii: "-") || last == UInt8(ascii: ".") {
            base = base.dropLast()
        }
        var name = String(base)
        var number = 2
        while taken(name) {
            name = "\(base)-\(number)"
            number += 1
        }
        return name
    }

    private static func list(_ names: CORSPolicy.Names, _ more: [String]) -> JSON {
        guard case .listed(let names) = names else { return .array(more.map { .string($0) }) }
        return .array((names + more.filter { !names.contains($0) }).map { .string($0) })
    }
}

extension AuthPolicy {
    /// It alone would let the request pass.
    fileprivate func lets(_ question: CORSQuestion) -> Bool {
        guard case .cors(let policy) = self.settings, !self.observe else { return false }
        let rule = CORSRule(self.name, policy)
        var checks = CORSChecks(question)
        if question.isPreflighted { checks.checkPreflight(rule.preflightFields(question)) }
        checks.checkAnswer(rule.answerFields(question))
        return checks.failing == nil
    }
}

extension OriginPattern {
    /// As documents have it.
    fileprivate var text: String {
        switch self {
        case .any: "*"
        case .exact(let text): text
        case .subdomains(let scheme, let suffix): "\(scheme)://*\(suffix)"
        }
    }
}
