import CModSecurity

/// Rules that the engine has compiled.
// Justified: the engine reads them from any thread and never changes them.
final class EngineRules: @unchecked Sendable {
    private let rules: UnsafeMutableRawPointer

    /// - Throws: when the engine is not installed, or refuses the rules.
    init(_ text: String) throws(FirewallFault) {
        if let failure = cmodsecurity_load() {
            throw FirewallFault(
                .unavailable,
                "\(String(cString: failure)): install the packages libmodsecurity3 and modsecurity-crs")
        }
        cmodsecurity_set_log { context, line in
            guard let context, let line else { return }
            let text = String(cString: line.assumingMemoryBound(to: CChar.self))
            Unmanaged<MatchLog>.fromOpaque(context).takeUnretainedValue().append(text)
        }
        var message = [CChar](repeating: 0, count: 1024)
        guard let rules = cmodsecurity_make_rules(text, &message, message.count) else {
            let bytes = message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            throw FirewallFault(.rules, String(decoding: bytes, as: UTF8.self))
        }
        self.rules = rules
    }

    deinit { cmodsecurity_free_rules(self.rules) }

    /// Asks all rules about a request.
    func scan(_ request: FirewallRequest) -> FirewallVerdict {
        let log = MatchLog()
        var verdict = FirewallVerdict()
        withExtendedLifetime(log) {
            guard let transaction = cmodsecurity_begin(self.rules, Unmanaged.passUnretained(log).toOpaque()) else {
                verdict.failure = "the engine takes no request"
                return
            }
            defer { cmodsecurity_end(transaction) }
            guard self.tell(transaction, request), cmodsecurity_ask_head(transaction) != 0 else {
                verdict.failure = "the engine does not take the request's head"
                return
            }
            var status = cmodsecurity_intervention(transaction, Unmanaged.passUnretained(log).toOpaque())
            if status == 0 {
                guard cmodsecurity_ask_body(transaction, request.body, request.body.count) != 0 else {
                    verdict.failure = "the engine does not take the request's body"
                    return
                }
                status = cmodsecurity_intervention(transaction, Unmanaged.passUnretained(log).toOpaque())
            }
            verdict.isRefused = status != 0
        }
        verdict.take(log.lines)
        return verdict
    }

    private func tell(_ transaction: UnsafeMutableRawPointer, _ request: FirewallRequest) -> Bool {
        let method = String(decoding: request.bytes[request.method], as: UTF8.self)
        let target = String(decoding: request.bytes[request.target], as: UTF8.self)
        let isTold = cmodsecurity_head(
            transaction, request.clientAddress, Int32(request.clientPort), method, target, "\(request.version)")
        guard isTold != 0 else { return false }
        return request.bytes.withUnsafeBufferPointer { bytes in
            request.fields.allSatisfy { field in
                let (name, value) = (bytes[field.name], bytes[field.value])
                return cmodsecurity_field(
                    transaction, UnsafeBufferPointer(rebasing: name).baseAddress, name.count,
                    UnsafeBufferPointer(rebasing: value).baseAddress, value.count) != 0
            }
        }
    }
}

/// What the engine says of one request, line by line.
final class MatchLog {
    private static let most = 200
    private(set) var lines: [String] = []

    func append(_ line: String) { if self.lines.count < Self.most { self.lines.append(line) } }
}
