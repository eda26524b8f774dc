import GatewayModel
package import HTTPWire

/// The answer of a route that asks no backend.
// Justified: what it points at is never written to after it is made.
package struct OwnAnswer: @unchecked Sendable {
    package let status: UInt16
    /// All lines of its head but those the gateway writes on every answer.
    package let rules: FieldRules
    /// Empty for a redirect.
    package let body: UnsafeBufferPointer<UInt8>
    /// `nil`: it sends nobody elsewhere.
    package let redirect: RedirectPlan?
}

/// Where a redirect leads. What is `nil` stays what it is in the request.
// Justified: what it points at is never written to after it is made.
package struct RedirectPlan: @unchecked Sendable {
    package let isSecure: Bool?
    package let hostname: UnsafeBufferPointer<UInt8>?
    package let port: UInt16?
    package let path: PathChange?
}

extension OwnAnswer {
    /// - Returns: `nil` for a route that forwards.
    init?(_ route: Route, _ memory: inout PlanMemory) {
        switch route.action {
        case .forward: return nil
        case .redirect(let redirect):
            var edit = HeaderEdit()
            edit.apply(route.responseHeaders)
            self.status = redirect.status
            self.rules = edit.compiled(&memory)
            self.body = memory.copy("")
            self.redirect = RedirectPlan(redirect, &memory)
        case .respond(let answer):
            let type = HeaderRules.Field("Content-Type", answer.contentType)
            var edit = HeaderEdit(answer.status.hasBody ? [type] : [])
            edit.apply(HeaderRules(replacing: answer.headers))
            edit.apply(route.responseHeaders)
            self.status = answer.status
            self.rules = edit.compiled(&memory)
            self.body = memory.copy(answer.body)
            self.redirect = nil
        }
    }

    /// An answer of this status says how long its body is (RFC 9110 section 8.6).
    package var hasBody: Bool { self.status.hasBody }
}

extension RedirectPlan {
    fileprivate init(_ redirect: Redirect, _ memory: inout PlanMemory) {
        self.isSecure = redirect.scheme.map { $0 == "https" }
        self.hostname = redirect.hostname.map { memory.copy($0) }
        self.port = redirect.port
        self.path = redirect.path.flatMap { PathChange($0, &memory) }
    }
}

extension UInt16 {
    fileprivate var hasBody: Bool { self != 204 && self != 304 }
}

extension HeaderRules {
    /// Each name replaces what was there; of a name with several values all stay.
    fileprivate init(replacing fields: [Field]) {
        self.init()
        self.remove = fields.map { $0.name.lowercased() }
        self.add = fields
    }
}
