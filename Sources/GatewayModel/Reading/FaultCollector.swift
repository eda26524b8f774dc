/// Collects what is wrong while a document is read, so that all faults are reported together.
///
/// It knows where reading stands, as a stack of steps; a pointer is put together only for a fault. Most documents have
/// none, and a snapshot has a hundred thousand documents.
final class FaultCollector {
    /// One step from a value into what it holds.
    enum Step {
        case member(String)
        case element(Int)
        /// Tokens of a JSON Pointer, joined.
        case path(String)
    }

    /// More faults than this help nobody, and a stranger's document could have millions.
    private static let limit = 1000

    /// Whether a secret that is left out is one that the reader of the document has already.
    let allowsMissingSecrets: Bool
    private(set) var faults: [Fault] = []
    private var place: [Step] = []

    init(allowsMissingSecrets: Bool = false) { self.allowsMissingSecrets = allowsMissingSecrets }

    /// Whether further faults would be left out: then nobody needs to look for them.
    var isFull: Bool { self.faults.count >= Self.limit }

    /// Runs `body` one step further inside the document.
    func inside<Result>(_ step: Step, _ body: () -> Result) -> Result {
        self.place.append(step)
        defer { self.place.removeLast() }
        return body()
    }

    /// Reports a fault of the value where reading stands.
    func report(_ code: String, _ detail: String, hint: String? = nil) {
        if self.isFull { return }
        let pointer = self.place.reduce(into: "") { $0 += "/" + $1.token }
        self.faults.append(Fault(pointer: pointer, code: code, detail: detail, hint: hint))
    }
}

extension FaultCollector.Step {
    /// As a token of a JSON Pointer.
    fileprivate var token: String {
        switch self {
        case .member(let name): name.escapedForPointer
        case .element(let index): String(index)
        case .path(let tokens): tokens
        }
    }
}

extension String {
    /// As a token of a JSON Pointer (RFC 6901 section 3).
    package var escapedForPointer: String {
        guard self.utf8.contains(0x7E) || self.utf8.contains(0x2F) else { return self }
        return self.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
    }
}
