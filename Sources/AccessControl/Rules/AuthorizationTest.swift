package import GatewayModel
import HTTPWire
import Patterns
import Routing

/// The conditions of one authorization rule, compiled: all kinds that are given hold.
///
/// Paths are compared with the canonical one, prefixes by whole segments; methods exactly as they are listed. Of fields the
/// first line counts, as in routes; one that comes more than once is given up. Conditions on consumers, claims and scopes do
/// not hold where nobody is known.
struct AuthorizationTest: Sendable {
    private let methods, fields: RequestCondition?
    private let fieldNames: [[UInt8]]
    private let paths: [RequestCondition]
    private let claims: [JWTPolicy.ClaimRule]
    private let scopes: [String]
    private let consumers: ConsumerTest?
    private let blocks: CIDRSet?

    init(_ conditions: AuthorizationPolicy.Conditions) throws(PatternError) {
        self.methods = try Self.condition(conditions.methods.isEmpty ? [] : [.methods(conditions.methods)])
        self.fields = try Self.condition(conditions.headers)
        self.fieldNames = conditions.headers.compactMap {
            if case .header(let name, _) = $0 { Array(name.utf8) } else { nil }
        }
        var paths: [RequestCondition] = []
        for path in conditions.paths { paths.append(try RequestCondition(RouteMatch(path: path))) }
        self.paths = paths
        self.claims = conditions.claims
        self.scopes = conditions.scopes
        self.consumers = conditions.consumers.map { ConsumerTest($0) }
        // Blocks were read by the model; one that cannot be read would take nobody.
        self.blocks = conditions.cidrs.isEmpty ? nil : CIDRSet(texts: conditions.cidrs) ?? CIDRSet([])
    }

    private static func condition(_ conditions: [RouteMatch.Condition]) throws(PatternError) -> RequestCondition? {
        conditions.isEmpty ? nil : try RequestCondition(RouteMatch(path: .prefix("/"), conditions: conditions))
    }

    var asksWhoCalls: Bool { self.consumers != nil || !self.claims.isEmpty || !self.scopes.isEmpty }

    func holds(_ request: AccessRequest, _ findings: AccessFindings) -> Found {
        if let blocks = self.blocks, !blocks.contains(request.client) { return .no }
        if let consumers = self.consumers {
            guard let consumer = findings.consumer, consumers.holds(consumer) else { return .no }
        }
        if !self.claims.isEmpty || !self.scopes.isEmpty {
            guard let claims = findings.claims, self.holds(claims) else { return .no }
        }
        if self.methods?.test(request.request) == .no { return .no }
        let path = self.paths.isEmpty ? .yes : self.path(request.request)
        if path == .no { return .no }
        let fields = self.field(request.request)
        return fields == .yes ? path : fields
    }

    /// One is enough.
    private func path(_ request: RouteRequest) -> Found {
        var found = Found.no
        for path in self.paths {
            switch path.test(request) {
            case .yes: return .yes
            case .limit: found = .limit
            case .no: continue
            }
        }
        return found
    }

    /// All of them.
    private func field(_ request: RouteRequest) -> Found {
        for name in self.fieldNames where name.withUnsafeBytes({ request.lineCount($0) }) > 1 { return .limit }
        return self.fields?.test(request) ?? .yes
    }

    private func holds(_ claims: any AccessClaims) -> Bool {
        let scopes = self.scopes.isEmpty ? [] : claims.scopes
        return self.scopes.allSatisfy { scope in scopes.contains { $0.utf8.elementsEqual(scope.utf8) } }
            && self.claims.allSatisfy { $0.holds(claims) }
    }
}

extension JWTPolicy.ClaimRule {
    /// Whether a token says one of the values: as a text, as a number or truth value that is written so, or as an element of a
    /// list.
    package func holds(_ claims: any AccessClaims) -> Bool {
        guard let value = claims.value(at: self.claim) else { return false }
        if let elements = value.arrayValue { return elements.contains { self.takes($0) } }
        return self.takes(value)
    }

    private func takes(_ value: JSON) -> Bool {
        let text: String
        switch value {
        case .string(let string): text = string
        case .integer, .double, .bool: text = value.text()
        case .null, .array, .object: return false
        }
        return self.values.contains { $0.utf8.elementsEqual(text.utf8) }
    }
}
