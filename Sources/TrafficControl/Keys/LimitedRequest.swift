package import AccessControl
package import HTTPWire
package import Routing

/// A request as limits see it. It owns nothing: it holds while the head and its bytes stand.
package struct LimitedRequest {
    package let request: RouteRequest
    /// Whose request it is, by the listener's rules.
    package let client: IPBytes
    /// What access rules have found out; `nil`: none were asked.
    package let findings: Unmanaged<AccessFindings>?

    package init(_ request: RouteRequest, client: IPBytes, findings: Unmanaged<AccessFindings>?) {
        self.request = request
        self.client = client
        self.findings = findings
    }
}
