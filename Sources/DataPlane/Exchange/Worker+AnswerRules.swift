import HTTPWire
import Reactor
import Routing

/// What routes do to the fields of answers. What a CORS policy says, nobody else says: neither upstreams nor rules.
extension Worker {
    /// Takes out of the answer that `responseHead` was parsed from what the rules leave out; from here on they apply.
    @inline(__always)
    func followRules(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        if exchange.pointee.cors.replaces { self.responseHead.withhold(prefix: CORSLines.prefix, of: bytes) }
        // As they are called now, and as earlier drafts called them.
        if exchange.pointee.limitLines != nil { self.responseHead.withhold(prefix: "ratelimit", of: bytes) }
        guard let rules = exchange.share?.pointee.answerRules else { return }
        exchange.pointee.response.isRuled = true
        self.responseHead.withhold(rules, of: bytes)
    }
}

extension UnsafeMutablePointer<Exchange> {
    /// No rule names a coding: two would not be true of the same bytes.
    var mayBeCoded: Bool { self.share?.pointee.answerRules?.namesCoding != true && self.codingIsFree }

    /// The rules that apply to the head of the answer that is being written.
    @inline(__always)
    var answerRules: FieldRules? {
        guard self.pointee.response.isRuled else { return nil }
        return self.share?.pointee.answerRules ?? self.ownAnswer?.rules
    }

    private var ownAnswer: OwnAnswer? {
        self.pointee.route?._withUnsafeGuaranteedRef { $0.plan }?._withUnsafeGuaranteedRef { $0.answer }
    }
}
