import CCurl

/// libcurl's own set-up, done once per process before any handle is made (curl_global_init(3)).
private let globalResult: CURLcode = curl_global_init(3)  // CURL_GLOBAL_ALL: a macro that Swift does not import

/// An easy handle: one connection kept alive, one call at a time. The one place that talks to libcurl.
struct CurlHandle: ~Copyable {
    private let handle: OpaquePointer

    init() throws(ClientError) {
        guard globalResult == CURLE_OK, let handle = curl_easy_init() else {
            throw .invalid("libcurl could not be initialised")
        }
        self.handle = OpaquePointer(handle)
    }

    deinit { curl_easy_cleanup(UnsafeMutableRawPointer(self.handle)) }

    private var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(self.handle) }

    /// Forgets the options of the last call; the connection stays.
    func reset() { curl_easy_reset(self.raw) }

    func set(_ option: CURLoption, _ value: Int) throws(ClientError) {
        try self.check(ccurl_set_long(self.raw, option, value))
    }

    /// libcurl copies the text.
    func set(_ option: CURLoption, _ value: String) throws(ClientError) {
        try self.check(ccurl_set_string(self.raw, option, value))
    }

    /// Sends the fields and the body, and fills `transfer` with what comes.
    func perform(_ transfer: Transfer, headers: [String], body: [UInt8]?) throws(ClientError) {
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for header in headers {
            guard let longer = curl_slist_append(list, header) else { throw .invalid("out of memory") }
            list = longer
        }
        try self.check(ccurl_set_pointer(self.raw, CURLOPT_HTTPHEADER, list))
        try self.attach(transfer)
        let code = withExtendedLifetime(transfer) { self.run(body) }
        try self.check(code, transfer)
        var status = 0
        try self.check(ccurl_get_long(self.raw, CURLINFO_RESPONSE_CODE, &status))
        transfer.status = status
    }

    private func run(_ body: [UInt8]?) -> CURLcode {
        guard let body else { return curl_easy_perform(self.raw) }
        return body.withUnsafeBytes { bytes in
            // With no bytes the pointer may be nil, which libcurl takes as "read from the callback".
            let result =
                bytes.isEmpty
                ? ccurl_set_string(self.raw, CURLOPT_COPYPOSTFIELDS, "")
                : ccurl_set_pointer(self.raw, CURLOPT_POSTFIELDS, bytes.baseAddress)
            guard result == CURLE_OK else { return result }
            return curl_easy_perform(self.raw)
        }
    }

    private func attach(_ transfer: Transfer) throws(ClientError) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try self.check(ccurl_set_pointer(self.raw, CURLOPT_WRITEDATA, context))
        try self.check(
            ccurl_set_write(self.raw, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                Transfer.from(context)?.receivedBody(bytes, size * count) ?? 0
            })
        try self.check(ccurl_set_pointer(self.raw, CURLOPT_HEADERDATA, context))
        try self.check(
            ccurl_set_write(self.raw, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                Transfer.from(context)?.receivedHeader(bytes, size * count) ?? 0
            })
        try self.check(ccurl_set_pointer(self.raw, CURLOPT_XFERINFODATA, context))
        try self.check(
            ccurl_set_progress(self.raw) { context, _, _, _, _ in
                Transfer.from(context)?.cancellation?.isCancelled == true ? 1 : 0
            })
        try self.set(CURLOPT_NOPROGRESS, 0)
    }

    private func check(_ code: CURLcode, _ transfer: Transfer? = nil) throws(ClientError) {
        switch code {
        case CURLE_OK: return
        case CURLE_ABORTED_BY_CALLBACK: throw .cancelled
        case CURLE_WRITE_ERROR where transfer?.isTooLarge == true: throw .bodyTooLarge(limit: transfer?.limit ?? 0)
        case CURLE_WRITE_ERROR where transfer?.hasFailedOutput == true: throw .outputFailed
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST:
            throw .noConnection(String(cString: curl_easy_strerror(code)))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM:
            throw .untrusted(String(cString: curl_easy_strerror(code)))
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_UNKNOWN_OPTION, CURLE_SSL_CACERT_BADFILE:
            throw .invalid(String(cString: curl_easy_strerror(code)))
        default: throw .unreachable(String(cString: curl_easy_strerror(code)))
        }
    }
}
