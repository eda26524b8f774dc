import GatewayModel
import HTTPWire
import Routing

/// What an upstream is sent of a request.
struct ExplainedForwarding {
    /// What the gateway answers instead: the outcome of a rewrite is no path.
    let refusal: ExplainedAnswer?
    private let method: String
    private let host: String
    /// Path and query.
    private let target: String
    private let requestRules, answerRules: FieldRules?

    /// - Parameter share: `nil` for a plain route.
    init(_ share: SharePlan?, _ head: ExplainedHead, matched: Int) {
        let path = share?.rewrite?.path.map { $0.changed(head, matched: matched) } ?? .success(head.wire)
        switch path {
        case .success(let path):
            self.target = String(decoding: path, as: UTF8.self) + head.query
            self.refusal = nil
        case .failure(let refusal):
            self.target = ""
            self.refusal = refusal.answer
        }
        self.method = head.method
        self.host = share?.rewrite?.hostname?.text ?? head.authority
        (self.requestRules, self.answerRules) = (share?.requestRules, share?.answerRules)
    }

    var json: JSON {
        [
            "method": .string(self.method), "host": .string(self.host), "target": .string(self.target),
            "headers": self.requestRules.json,
        ]
    }

    /// What is done to the answer's fields.
    var answerHeaders: JSON { self.answerRules.json }
}

/// What came of a path that could not be changed.
struct PathRefusal: Error {
    let answer: ExplainedAnswer
}

extension PathChange {
    /// Bytes of a path that a regular expression leaves, as workers have room for them.
    private static var longest: Int { 64 << 10 }

    /// The path of a request as it is after this change, made by the code that workers run.
    ///
    /// - Parameter matched: see `RouteExplanation`.
    func changed(_ head: ExplainedHead, matched: Int) -> Result<[UInt8], PathRefusal> {
        if case .pattern = self { return self.replaced(head) }
        let written = [UInt8](unsafeUninitializedCapacity: head.wire.count + self.room) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            var writer = ByteWriter(base, capacity: buffer.count)
            head.wire.withUnsafeBufferPointer { wire in
                head.path.withUnsafeBufferPointer { self.write(wire, match: $0.prefix(matched), into: &writer) }
            }
            count = writer.count
        }
        return .success(written)
    }

    private func replaced(_ head: ExplainedHead) -> Result<[UInt8], PathRefusal> {
        var output = [UInt8](repeating: 0, count: Self.longest)
        var scratch = [UInt8](repeating: 0, count: 2 * Self.longest)
        return output.withUnsafeMutableBufferPointer { output in
            scratch.withUnsafeMutableBufferPointer { scratch in
                let result = head.wire.withUnsafeBufferPointer { self.replace(in: $0, into: output, scratch: scratch) }
                guard let result else { return .failure(PathRefusal(answer: .patternLimit)) }
                return switch result.outcome {
                case .plain: .success(Array(output[..<result.count]))
                case .rewritten: .success(Array(scratch[..<result.count]))
                case .refused: .failure(PathRefusal(answer: .badRequest))
                }
            }
        }
    }
}

extension FieldRules? {
    /// The names of lines that are left out, and the lines that are added.
    fileprivate var json: JSON {
        guard let self else { return ["remove": [], "add": []] }
        let lines = self.lines.text.split(separator: "\r\n").map { JSON.string(String($0)) }
        return ["remove": .array(self.names.map { .string($0.text) }), "add": .array(lines)]
    }
}
