/// Who may do what: the first rule that fits decides.
package struct AuthorizationPolicy: Hashable, Sendable {
    package enum Action: String, CaseIterable, Sendable { case allow, deny }

    package struct Rule: Hashable, Sendable {
        package let name: String
        package let action: Action
        package let when: Conditions
    }

    /// All that are given hold; in a list of methods, paths, blocks and consumers one is enough, of scopes, claims and headers
    /// all count.
    package struct Conditions: Hashable, Sendable {
        package let methods: [String]
        package let paths: [PathMatch]
        package let claims: [JWTPolicy.ClaimRule]
        package let scopes: [String]
        package let consumers: ConsumerSelector?
        package let cidrs: [String]
        /// Each a `.header`.
        package let headers: [RouteMatch.Condition]

        /// It always holds.
        package static let always = Self(
            methods: [], paths: [], claims: [], scopes: [], consumers: nil, cidrs: [], headers: [])
    }

    package let rules: [Rule]
    /// Where no rule fits.
    package let fallback: Action
}

extension AuthorizationPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.rules = reader.read("rules", default: []) { json in
            if json.arrayValue?.count ?? 0 > 256 { collector.report("range", "at most 256 rules") }
            return collector.list(json) { json in collector.object(json) { Rule(&$0) } }
        }
        self.fallback = reader.read("default", default: Action.deny) { collector.word($0, Action.self) }
        if Set(self.rules.map(\.name)).count < self.rules.count {
            reader.fault("rules", "duplicate", "two rules have the same name")
        }
    }
}

extension AuthorizationPolicy.Rule {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let name = reader.required("name") { collector.name($0) }
        let action = reader.required("action") { collector.word($0, AuthorizationPolicy.Action.self) }
        let when = reader.read("when", default: AuthorizationPolicy.Conditions.always) { json in
            collector.object(json) { AuthorizationPolicy.Conditions(&$0) }
        }
        guard let name, let action else { return nil }
        self.init(name: name, action: action, when: when)
    }
}

extension AuthorizationPolicy.Conditions {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.methods = reader.read("methods", default: []) { json in
            collector.distinctList(json) { collector.method($0) }
        }
        self.paths = reader.read("paths", default: []) { json in
            collector.list(json) { json in collector.object(json) { PathMatch(&$0) } }
        }
        self.claims = reader.read("claims", default: []) { collector.claimRules($0) }
        self.scopes = reader.read("scopes", default: []) { collector.texts($0) }
        self.consumers = reader.optional("consumers") { collector.consumerSelector($0) }
        self.cidrs = reader.read("cidrs", default: []) { json in collector.distinctList(json) { collector.block($0) } }
        self.headers = RouteMatch.conditions("headers", &reader, { collector.fieldName($0) }, { .header($0, $1) })
        for field in ["methods", "paths", "claims", "scopes", "cidrs", "headers"] where reader.value(field) == [] {
            reader.fault(field, "range", "an empty list says nothing", hint: "leave it out")
        }
    }
}
