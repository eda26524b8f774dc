/// A service that is asked about every request, over HTTP.
package struct ExtAuthPolicy: Hashable, Sendable {
    /// Its upstream's name.
    package let upstream: String
    /// Where it is asked; what the request is for is told in fields.
    package let path: String
    /// Names of fields, in lower case, that it is shown of the request.
    package let requestHeaders: [String]
    /// Names of fields, in lower case, of its answer that the backend gets.
    package let responseHeaders: [String]
    package let timeout: Milliseconds
    /// Requests pass when it cannot be asked.
    package let failsOpen: Bool
}

extension ExtAuthPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let upstream = reader.required("upstream") { collector.name($0) }
        self.path = reader.read("path", default: "/") { collector.path($0) }
        self.requestHeaders = reader.read("requestHeaders", default: ["authorization", "cookie"]) { json in
            collector.distinctList(json) { collector.fieldName($0) }
        }
        self.responseHeaders = reader.read("responseHeadersToBackend", default: []) { json in
            collector.distinctList(json) { collector.identityHeader($0)?.lowercased() }
        }
        self.timeout = reader.read("timeout", default: 5000) { collector.duration($0, atLeast: 1, atMost: 60_000) }
        self.failsOpen = reader.read("failOpen", default: false) { collector.boolean($0) }
        guard let upstream else { return nil }
        self.upstream = upstream
    }
}
