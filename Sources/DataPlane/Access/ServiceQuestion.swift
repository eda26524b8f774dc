import AccessControl

/// A question to a service about a request, under way.
///
/// It is an exchange of a client that does not exist, as a mirror is; see `Mirror/`.
final class ServiceQuestion {
    /// Of the answer's body, which is read so that the connection can be used again.
    static let mostBody = 64 * 1024
    /// Of the lines of its answer that are passed on to anybody.
    static let mostLines = 16 * 1024

    let rule: ExtAuthRule
    /// Who waits for it; `nil`: nobody any more.
    var asker: ExchangeRef?
    /// By the head of the answer; it counts once all of the answer has come.
    var answer = ServiceAnswer.unreachable
    /// How many bytes of the answer are taken.
    var limit = UInt64.max

    init(_ rule: ExtAuthRule, asker: ExchangeRef) {
        self.rule = rule
        self.asker = asker
    }
}

extension UnsafeMutablePointer<Exchange> {
    var question: ServiceQuestion? { self.pointee.question?._withUnsafeGuaranteedRef { $0 } }
}
