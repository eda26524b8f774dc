/// A preflight (Fetch, section 4.8), and what it tells of the request that the browser would send.
package struct PreflightRequest {
    /// What is said of one field of the request to come.
    enum Knowledge {
        /// It will be as it is here.
        case same
        /// It will not be there.
        case absent
        /// It may be there, with any value.
        case unknown
    }

    /// The preflight itself; its host, path and query are those of the request.
    package let request: RouteRequest
    /// `Access-Control-Request-Method`.
    package let method: UnsafeRawBufferPointer
    /// `Access-Control-Request-Headers`.
    package let headers: UnsafeRawBufferPointer?

    /// - Parameter request: one with `Origin` whose method is OPTIONS.
    /// - Returns: `nil` for an OPTIONS request that asks for itself.
    package init?(_ request: RouteRequest) {
        let method = Self.bytes("access-control-request-method") { request.header($0) }
        guard let method, !method.isEmpty else { return nil }
        self.request = request
        self.method = method
        self.headers = Self.bytes("access-control-request-headers") { request.header($0) }
    }

    /// What is known of a field of the request to come.
    ///
    /// Fields that a page may set only with leave are named in the preflight; those that the browser itself writes may come in
    /// any case.
    ///
    /// - Parameter name: in lower case.
    func knowledge(of name: UnsafeRawBufferPointer) -> Knowledge {
        if Self.isAny(name, of: Self.steady) { return .same }
        if Self.isAny(name, of: Self.unannounced) || name.starts(with: "sec-".utf8) { return .unknown }
        return self.names(name) ? .unknown : .absent
    }

    /// Whether the list of fields has this one.
    private func names(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let headers = self.headers else { return false }
        for part in headers.split(separator: UInt8(ascii: ",")) {
            var part = UnsafeRawBufferPointer(rebasing: part)
            while let first = part.first, first == 0x20 || first == 0x09 {
                part = UnsafeRawBufferPointer(rebasing: part.dropFirst())
            }
            while let last = part.last, last == 0x20 || last == 0x09 {
                part = UnsafeRawBufferPointer(rebasing: part.dropLast())
            }
            if part.elementsEqual(name, by: { $0 | ($0 &- 0x41 < 26 ? 0x20 : 0) == $1 }) { return true }
        }
        return false
    }

    private static func isAny(_ name: UnsafeRawBufferPointer, of names: [StaticString]) -> Bool {
        names.contains { equalBytes(UnsafeRawBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount), name) }
    }

    private static func bytes<R>(_ text: StaticString, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        body(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static let steady: [StaticString] = ["origin", "host", "user-agent"]
    /// What needs no leave: CORS-safelisted ones, and those that pages cannot set (Fetch, sections 2.2.2 and 3.3.8).
    private static let unannounced: [StaticString] = [
        "accept", "accept-language", "content-language", "content-type", "range", "accept-charset", "accept-encoding",
        "connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "keep-alive", "referer", "te",
        "trailer", "transfer-encoding", "upgrade", "via", "cache-control", "pragma", "priority", "save-data",
        "upgrade-insecure-requests", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded",
    ]
}
