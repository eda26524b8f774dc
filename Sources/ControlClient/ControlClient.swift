import CCurl

/// Where the control plane is and how to prove who asks.
package struct ClientSettings: Sendable {
    /// `http://` or `https://`, host and port, no trailing slash.
    package let url: String
    /// Sent as a bearer token.
    package let token: String?
    /// A file of certificates to trust instead of the system's.
    package let authorityFile: String?
    /// What the client calls itself.
    package let userAgent: String

    /// - Throws: `invalid` for a URL without host or with another scheme, and for a token that is no header value.
    package init(
        url: String, token: String?, authorityFile: String? = nil, userAgent: String
    ) throws(ClientError) {
        let scheme = ["http://", "https://"].first { url.lowercased().hasPrefix($0) }
        guard let scheme, url.utf8.count > scheme.utf8.count, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid("'\(url)' is no URL: it begins with http:// or https://")
        }
        if let token, !token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            throw .invalid("the token holds bytes that no token has")
        }
        var base = url[...]
        while base.hasSuffix("/") { base.removeLast() }
        self.url = String(base)
        self.token = token
        self.authorityFile = authorityFile
        self.userAgent = userAgent
    }

    /// The same control plane with another token.
    package func with(token: String) throws(ClientError) -> ClientSettings {
        try ClientSettings(
            url: self.url, token: token, authorityFile: self.authorityFile, userAgent: self.userAgent)
    }
}

/// Calls the control plane, one call at a time, over one connection that is kept alive.
///
/// Redirects are never followed, and no proxy is taken from the environment: a token goes where the settings say.
package struct ControlClient: ~Copyable {
    private let handle: CurlHandle
    private let settings: ClientSettings

    /// - Throws: `invalid` when libcurl cannot be set up.
    package init(_ settings: ClientSettings) throws(ClientError) {
        self.handle = try CurlHandle()
        self.settings = settings
    }

    /// Blocks until the answer is complete, whatever its status.
    package func send(
        _ request: ClientRequest, cancellation: Cancellation? = nil
    ) throws(ClientError) -> ClientAnswer {
        let transfer = Transfer(
            limit: request.maximumBytes, output: request.output, cancellation: cancellation)
        self.handle.reset()
        try self.setTarget(request)
        try self.setTransport(request)
        try self.handle.perform(transfer, headers: self.fields(request), body: request.body)
        return ClientAnswer(status: transfer.status, headers: transfer.headers, body: transfer.body)
    }

    private func setTarget(_ request: ClientRequest) throws(ClientError) {
        try self.handle.set(CURLOPT_URL, self.settings.url + request.path)
        if let body = request.body {
            try self.handle.set(CURLOPT_POST, 1)
            try self.handle.set(CURLOPT_POSTFIELDSIZE, body.count)
        }
        try self.handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        try self.handle.set(CURLOPT_USERAGENT, self.settings.userAgent)
    }

    private func setTransport(_ request: ClientRequest) throws(ClientError) {
        try self.handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try self.handle.set(CURLOPT_HTTP_VERSION, 2)  // CURL_HTTP_VERSION_1_1
        try self.handle.set(CURLOPT_FOLLOWLOCATION, 0)
        try self.handle.set(CURLOPT_PROXY, "")
        try self.handle.set(CURLOPT_NOSIGNAL, 1)
        try self.handle.set(CURLOPT_TCP_KEEPALIVE, 1)
        try self.handle.set(CURLOPT_CONNECTTIMEOUT_MS, min(5_000, request.timeoutMilliseconds))
        try self.handle.set(CURLOPT_TIMEOUT_MS, request.timeoutMilliseconds)
        if let file = self.settings.authorityFile { try self.handle.set(CURLOPT_CAINFO, file) }
    }

    private func fields(_ request: ClientRequest) -> [String] {
        var fields = request.headers.map { "\($0.name): \($0.value)" }
        if let token = self.settings.token { fields.append("Authorization: Bearer \(token)") }
        fields.append("Expect:")
        return fields
    }
}
