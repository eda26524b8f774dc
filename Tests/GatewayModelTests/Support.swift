import GatewayModel

/// The faults of a document as `pointer code`; none when it is accepted.
func faults(_ kind: ResourceKind, _ document: JSON) -> [String] {
    do {
        _ = try Resource(kind: kind, name: "x", document: document)
        return []
    } catch {
        return error.faults.map { "\($0.pointer) \($0.code)" }
    }
}

/// The spec of a document that must be accepted.
func spec(_ kind: ResourceKind, _ document: JSON) throws -> ResourceSpec {
    try Resource(kind: kind, name: "x", document: document).spec
}

/// An upstream with one endpoint and what `document` says.
func upstream(_ document: JSON) throws -> Upstream? {
    guard case .upstream(let upstream) = try spec(.upstream, withEndpoint(document)) else { return nil }
    return upstream
}

func withEndpoint(_ document: JSON) -> JSON {
    var object = document.objectValue ?? [:]
    if object["discovery"] == nil, object["endpoints"] == nil {
        object["endpoints"] = [["address": "::1", "port": 1]]
    }
    return .object(object)
}

/// xorshift64*: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        self.state ^= self.state >> 12
        self.state ^= self.state << 25
        self.state ^= self.state >> 27
        return self.state &* 0x2545_F491_4F6C_DD1D
    }
}

extension JSON {
    /// Any value at all, of bounded size.
    static func random(_ random: inout SeededGenerator, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: return .double(Double.random(in: -1e9...1e9, using: &random))
        case 4, 5: return .string(self.text(&random))
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in self.random(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                object[self.text(&random)] = self.random(&random, depth: depth - 1)
            }
            return .object(object)
        }
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let alphabet: [Character] = ["a", "b", "\"", "\\", "/", "\n", "\u{1}", "é", "漢", "😀", " "]
        return String(
            (0..<Int.random(in: 0...20, using: &random)).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &random)]
            })
    }
}
