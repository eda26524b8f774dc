import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// What an exchange keeps of the policy for fields of answers; empty where none speaks of it.
struct AnswerFields {
    /// Retained to the end, as a listener's need not live so long.
    var plan: Unmanaged<AnswerFieldsPlan>?
    /// The request came over TLS.
    var isSecure = false
}

/// Fields that policies write on all answers of a route or a listener, the gateway's own included. Upstreams' fields come
/// before them and the route's rules after; on answers of the gateway's own what it says itself stands.
extension Worker {
    /// Keeps the policy of a request that was routed.
    @inline(__always)
    func noteAnswerFields(_ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>) {
        let (own, inherits) = route._withUnsafeGuaranteedRef { ($0.answersPlan, $0.inheritsFaults) }
        if let own {
            self.keep(own, exchange, bytes)
        } else if inherits {
            self.noteListenerAnswerFields(exchange, bytes)
        }
    }

    /// Keeps the listener's policy, also for a request that finds no route.
    @inline(__always)
    func noteListenerAnswerFields(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        guard !exchange.pointee.client.pointee.acceptor.pointee.answers.isEmpty else { return }
        self.findListenerAnswerFields(exchange, bytes)
    }

    @inline(never)
    private func findListenerAnswerFields(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        let acceptor = exchange.pointee.client.pointee.acceptor
        guard let slot = self.gateway.listener(group: acceptor.pointee.group, host: self.lowercasedHost(bytes)),
            acceptor.pointee.answers.indices.contains(slot), let plan = acceptor.pointee.answers[slot]
        else { return }
        self.keep(.passUnretained(plan), exchange, bytes)
    }

    @inline(never)
    private func keep(_ plan: Unmanaged<AnswerFieldsPlan>, _ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        guard exchange.pointee.answerFields.plan == nil else { return }
        exchange.pointee.answerFields.plan = plan.retain()
        if plan._withUnsafeGuaranteedRef({ $0.needsTLS }) {
            exchange.pointee.answerFields.isSecure = self.isSecure(exchange, bytes)
        }
    }

    /// Takes out of the upstream's answer that `responseHead` was parsed from what the policy leaves out.
    @inline(__always)
    func withholdAnswerFields(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        guard let plan = exchange.pointee.answerFields.plan else { return }
        self.responseHead.withhold(plan._withUnsafeGuaranteedRef { $0.withheld }, of: bytes)
    }

    /// Writes the policy's lines into the head that `writer` holds, or that `responseHead` was parsed from.
    @inline(__always)
    func writeAnswerFields(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        guard exchange.pointee.answerFields.plan != nil else { return }
        self.eachAnswerField(exchange, bytes) { line in
            writer.append(buffer: line.text)
        }
    }

    /// The same into the head of a stream.
    @inline(__always)
    func appendAnswerFields(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        guard exchange.pointee.answerFields.plan != nil, exchange.pointee.tunnel == nil else { return }
        self.eachAnswerField(exchange, bytes) { line in
            guard let base = line.text.baseAddress else { return }
            self.nameValues.appendLines(base, count: line.text.count)
        }
    }

    /// The same into a head of the gateway's own that is being written.
    @inline(__always)
    func writeOwnAnswerFields(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        guard exchange.pointee.answerFields.plan != nil else { return }
        writer.append(
            exchange.pointee.answerFields, beside: exchange.answerRules, withoutCORS: exchange.pointee.cors.replaces)
    }

    private func eachAnswerField(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ take: (AnswerFieldsPlan.Line) -> Void
    ) {
        guard let plan = exchange.pointee.answerFields.plan else { return }
        let (rules, withoutCORS) = (exchange.answerRules, exchange.pointee.cors.replaces)
        let isOwn = exchange.pointee.reason != nil || exchange.pointee.slot < 0
        for line in plan._withUnsafeGuaranteedRef({ $0.lines }) {
            guard exchange.pointee.answerFields.mayWrite(line, beside: rules, withoutCORS: withoutCORS) else {
                continue
            }
            if line.yields || isOwn, self.responseHead.has(line.name, of: bytes, copied: !isOwn) { continue }
            take(line)
        }
    }

    /// Lets the policy go.
    @inline(__always)
    func endAnswerFields(_ exchange: ExchangeRef) {
        guard let plan = exchange.pointee.answerFields.plan else { return }
        exchange.pointee.answerFields.plan = nil
        plan.release()
    }
}

extension UnsafeMutablePointer<Exchange> {
    /// Of which fields neither the route's rules nor the policy leave anything to the gateway.
    @inline(__always)
    func ownFields(_ rules: FieldRules?) -> OwnFields {
        let own = rules?.own ?? .none
        guard let plan = self.pointee.answerFields.plan, self.pointee.reason == nil, self.pointee.slot >= 0 else {
            return own
        }
        return OwnFields(rawValue: own.rawValue | plan._withUnsafeGuaranteedRef { $0.withheld.own.rawValue })
    }

    /// The policy leaves codings alone.
    var codingIsFree: Bool {
        self.pointee.answerFields.plan?._withUnsafeGuaranteedRef { $0.withheld.namesCoding } != true
    }
}

extension AnswerFields {
    /// The route's rules and its CORS policy leave the line to the policy.
    fileprivate func mayWrite(
        _ line: AnswerFieldsPlan.Line, beside rules: FieldRules?, withoutCORS: Bool
    ) -> Bool {
        if line.needsTLS, !self.isSecure { return false }
        if withoutCORS, line.name.span.hasPrefix(CORSLines.prefix) { return false }
        return rules?.withholds(line.name) != true
    }
}

extension ByteWriter {
    /// Writes a policy's lines into a head of the gateway's own, but those of which it has one.
    mutating func append(_ fields: AnswerFields, beside rules: FieldRules?, withoutCORS: Bool) {
        guard let plan = fields.plan else { return }
        let end = self.count
        for line in plan._withUnsafeGuaranteedRef({ $0.lines }) {
            guard fields.mayWrite(line, beside: rules, withoutCORS: withoutCORS),
                !self.hasLine(line.name, before: end)
            else { continue }
            self.append(buffer: line.text)
        }
    }
}
