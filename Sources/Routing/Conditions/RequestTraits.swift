import GatewayModel
import HTTPWire

/// What can be told of conditions and requests in 32 bits, so that most candidates are passed over without a look at memory
/// that is theirs alone: which fields there are, and the method. Different names may share a bit, so that it only ever rules
/// out.
struct RequestTraits {
    private static let query: UInt16 = 1 << 15
    private static let cookie: UInt16 = 1 << 14

    /// Of a match: all that it needs. Of a request: all that it has.
    private(set) var fields: UInt16
    /// Of a match: any that it allows. Of a request: the one.
    private(set) var methods: UInt16

    /// What a match needs for its conditions that are no regular expressions; those are tested first anyway.
    init(_ match: RouteMatch) {
        self.fields = 0
        self.methods = .max
        for condition in match.conditions where !condition.isPattern {
            switch condition {
            case .methods(let methods): self.methods = methods.reduce(0) { $0 | Self.method($1.utf8.span) }
            case .header(let name, _): self.fields |= Self.field(name.utf8.span)
            case .query: self.fields |= Self.query
            case .cookie: self.fields |= Self.cookie
            }
        }
    }

    init(_ request: RouteRequest) {
        self.fields = request.query.isEmpty ? 0 : Self.query
        self.methods = request.method.withMemoryRebound(to: UInt8.self) { Self.method($0.span) }
        request.eachFieldName { name in
            self.fields |= Self.field(name)
            if name.count == 6, name[0] | 0x20 == UInt8(ascii: "c") { self.fields |= Self.cookie }
        }
    }

    /// Whether a request with these traits can meet a match that needs the others.
    @inline(__always)
    func admits(_ needed: RequestTraits) -> Bool {
        needed.fields & ~self.fields == 0 && needed.methods & self.methods != 0
    }

    @inline(__always)
    private static func field(_ name: Span<UInt8>) -> UInt16 {
        guard name.count > 0 else { return 0 }
        let mix = name.count &+ Int(name[0] | 0x20) &* 3 &+ Int(name[name.count &- 1] | 0x20) &* 5
        return 1 << UInt16(truncatingIfNeeded: mix % 14)
    }

    @inline(__always)
    private static func method(_ name: Span<UInt8>) -> UInt16 {
        guard name.count > 0 else { return 0 }
        return 1 << UInt16(truncatingIfNeeded: (name.count &+ Int(name[0]) &* 3) & 15)
    }
}
