import CCurl
import CProbeTLS
import GatewayModel
import Glibc

/// One probe under way: an easy handle with all that it points to.
final class ProbeTransfer {
    /// A body is read so far and no further: what was asked is known from the head, or fits.
    private static let most = 64 * 1024
    /// CURL_BLOB_COPY, a macro that Swift does not import; so are the versions of HTTP below.
    private static let copies: UInt32 = 1

    let target: ProbeTarget
    let settings: ProbeSettings
    let raw: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private var question: [UInt8] = []
    private var body: [UInt8] = []
    private var grpcStatus: String?
    private var names: CertificateNames?
    private var isSetUp = true

    init?(_ target: ProbeTarget, _ settings: ProbeSettings) {
        guard let raw = curl_easy_init() else { return nil }
        self.raw = UnsafeMutableRawPointer(raw)
        self.target = target
        self.settings = settings
        self.setUp()
        guard self.isSetUp else { return nil }
    }

    deinit {
        curl_easy_cleanup(self.raw)
        for list in self.lists { curl_slist_free_all(list) }
    }

    // MARK: set-up

    private func setUp() {
        self.set(CURLOPT_NOSIGNAL, 1)
        self.set(CURLOPT_PROXY, "")
        self.set(CURLOPT_PROTOCOLS_STR, "http,https")
        self.set(CURLOPT_FRESH_CONNECT, 1)
        self.set(CURLOPT_FORBID_REUSE, 1)
        self.set(CURLOPT_TIMEOUT_MS, Int(clamping: self.settings.check.timeout))
        self.set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: self.settings.check.timeout))
        self.set(CURLOPT_USERAGENT, "sluice-health")
        self.attach()
        let address = self.target.address.authority(port: self.port)
        switch self.settings.check.probe {
        case .tcp:
            self.set(CURLOPT_URL, "http://\(address)/")
            self.set(CURLOPT_CONNECT_ONLY, 1)
        case .http(let path, let host, _):
            self.address(path)
            self.setList(CURLOPT_HTTPHEADER, ["Host: \(host ?? address)"])
        case .grpc(let service):
            self.address(GRPCHealth.path)
            self.question = GRPCHealth.question(service: service)
            self.set(CURLOPT_POST, 1)
            self.set(CURLOPT_POSTFIELDSIZE, self.question.count)
            self.question.withUnsafeBytes {
                self.note(ccurl_set_pointer(self.raw, CURLOPT_COPYPOSTFIELDS, $0.baseAddress))
            }
            self.setList(CURLOPT_HTTPHEADER, ["Content-Type: application/grpc", "TE: trailers", "Expect:"])
        }
    }

    private var port: UInt16 { self.settings.check.port ?? self.target.port }

    /// The name that is verified stands in the URL; where it leads is said apart from it.
    private func address(_ path: String) {
        let address = self.target.address.authority(port: self.port)
        self.set(CURLOPT_PATH_AS_IS, 1)
        switch self.settings.version {
        case .http1: self.set(CURLOPT_HTTP_VERSION, 2)  // CURL_HTTP_VERSION_1_1
        case .negotiated: self.set(CURLOPT_HTTP_VERSION, 4)  // CURL_HTTP_VERSION_2TLS
        case .http2: self.set(CURLOPT_HTTP_VERSION, 5)  // CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
        }
        guard let tls = self.settings.tls else { return self.set(CURLOPT_URL, "http://\(address)\(path)") }
        let name = tls.serverName.map { IPAddress($0)?.authority(port: self.port) ?? "\($0):\(self.port)" }
        self.set(CURLOPT_URL, "https://\(name ?? address)\(path)")
        self.setList(CURLOPT_CONNECT_TO, ["::\(address)"])
        self.secure(tls)
    }

    private func secure(_ tls: ProbeTLS) {
        // A session that is resumed is not verified again, and other names may be expected by then.
        self.set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        self.set(CURLOPT_SSL_VERIFYPEER, tls.verifies ? 1 : 0)
        self.set(CURLOPT_SSL_VERIFYHOST, tls.verifies && tls.names.isEmpty ? 2 : 0)
        if !tls.authorities.isEmpty { self.set(CURLOPT_CAINFO_BLOB, blob: tls.authorities.joined(separator: "\n")) }
        if let certificate = tls.certificate, let key = tls.privateKey {
            self.set(CURLOPT_SSLCERT_BLOB, blob: certificate)
            self.set(CURLOPT_SSLKEY_BLOB, blob: key)
        }
        guard tls.verifies, !tls.names.isEmpty else { return }
        let names = CertificateNames(tls.names)
        self.names = names
        self.note(ccurl_set_pointer(self.raw, CURLOPT_SSL_CTX_DATA, names.raw))
        self.note(
            ccurl_set_context(self.raw) { _, context, names in
                let isSet = cprobe_expect_names(context, names?.assumingMemoryBound(to: cprobe_names.self))
                return isSet == 1 ? CURLE_OK : CURLE_SSL_CERTPROBLEM
            })
    }

    private func attach() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        self.note(ccurl_set_pointer(self.raw, CURLOPT_WRITEDATA, context))
        self.note(
            ccurl_set_write(self.raw, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                ProbeTransfer.from(context)?.receivedBody(bytes, size * count) ?? 0
            })
        self.note(ccurl_set_pointer(self.raw, CURLOPT_HEADERDATA, context))
        self.note(
            ccurl_set_write(self.raw, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                ProbeTransfer.from(context)?.receivedField(bytes, size * count) ?? 0
            })
    }

    private func note(_ code: CURLcode) { if code != CURLE_OK { self.isSetUp = false } }

    private func set(_ option: CURLoption, _ value: Int) { self.note(ccurl_set_long(self.raw, option, value)) }

    private func set(_ option: CURLoption, _ value: String) { self.note(ccurl_set_string(self.raw, option, value)) }

    /// libcurl copies it.
    private func set(_ option: CURLoption, blob text: String) {
        var bytes = Array(text.utf8)
        bytes.withUnsafeMutableBytes { bytes in
            var blob = curl_blob(data: bytes.baseAddress, len: bytes.count, flags: Self.copies)
            self.note(ccurl_set_pointer(self.raw, option, &blob))
        }
    }

    private func setList(_ option: CURLoption, _ lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { list = curl_slist_append(list, line) ?? list }
        if let list { self.lists.append(list) }
        self.note(ccurl_set_pointer(self.raw, option, list))
    }

    // MARK: what comes

    private static func from(_ context: UnsafeMutableRawPointer?) -> ProbeTransfer? {
        context.map { Unmanaged<ProbeTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Fewer bytes than offered end the transfer.
    private func receivedBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard count <= Self.most - self.body.count else { return 0 }
        self.body += UnsafeRawBufferPointer(start: bytes, count: count)
        return count
    }

    private func receivedField(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        let name = "grpc-status:"
        guard line.lowercased().hasPrefix(name) else { return count }
        self.grpcStatus = String(line.dropFirst(name.count).filter { !$0.isWhitespace }.prefix(20))
        return count
    }

    // MARK: the outcome

    /// `nil`: healthy; else why not.
    func failure(_ code: CURLcode) -> String? {
        var status = 0
        _ = ccurl_get_long(self.raw, CURLINFO_RESPONSE_CODE, &status)
        // A body that is longer than anybody wants to know says no more than its head.
        guard code == CURLE_OK || code == CURLE_WRITE_ERROR && status > 0 else { return self.reason(code) }
        switch self.settings.check.probe {
        case .tcp: return nil
        case .http(_, _, let statuses): return statuses.contains { Int($0) == status } ? nil : "\(status)"
        case .grpc: return self.grpcFailure(status)
        }
    }

    private func grpcFailure(_ status: Int) -> String? {
        guard status == 200 else { return "\(status)" }
        if let grpcStatus, grpcStatus != "0" { return "grpc-status \(grpcStatus)" }
        switch GRPCHealth.status(self.body) {
        case .serving: return nil
        case .notServing: return "NOT_SERVING"
        case .serviceUnknown: return "SERVICE_UNKNOWN"
        case .unknown, .other: return "UNKNOWN"
        case nil: return "no answer of gRPC health"
        }
    }

    private func reason(_ code: CURLcode) -> String {
        var number = 0
        _ = ccurl_get_long(self.raw, CURLINFO_OS_ERRNO, &number)
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return "timeout"
        case CURLE_COULDNT_CONNECT where number > 0: return String(cString: strerror(Int32(clamping: number)))
        default: return String(cString: curl_easy_strerror(code))
        }
    }
}
