import Balancing
import GatewayModel

/// How requests are divided among shares.
// Justified: what it points at is never written to after it is made; the turns belong to the loop that serves.
package struct SplitPlan: @unchecked Sendable {
    /// What keeps a client in its share.
    package enum Sticky {
        /// A cookie of this name.
        case cookie(UnsafeBufferPointer<UInt8>)
        /// The first line of this name, which is in lower case.
        case header(UnsafeBufferPointer<UInt8>)
        case clientAddress
    }

    /// `nil`: each request is by itself.
    package let sticky: Sticky?
    private var turns: SmoothSplit

    /// - Returns: `nil` where the first share has every request.
    init?(_ route: Route, _ memory: inout PlanMemory) {
        guard !route.forward.isEmpty else { return nil }
        let isSplit = route.forward.count > 1 || route.sticky != nil
        guard isSplit || route.forward.contains(where: { $0.weight == 0 }) else { return nil }
        self.turns = SmoothSplit(weights: route.forward.map(\.weight))
        switch route.sticky {
        case .cookie(let name, _): self.sticky = .cookie(memory.copy(name))
        case .header(let name): self.sticky = .header(memory.copy(name))
        case .clientAddress: self.sticky = .clientAddress
        case nil: self.sticky = nil
        }
    }

    /// The share of the next request; `nil`: none has a weight.
    mutating func next() -> Int? { self.turns.next() }

    /// The share of all requests with that hash.
    func share(of hash: UInt64) -> Int? { self.turns.share(of: hash) }
}

extension RoutePlan {
    /// The place of the share of the next request; `nil`: none has a weight.
    package func nextShare() -> Int? { self.split == nil ? 0 : self.split?.next() }

    /// The place of the share of all requests with that hash; `nil`: none has a weight.
    package func share(of hash: UInt64) -> Int? { self.split == nil ? 0 : self.split?.share(of: hash) }

    /// The place of the share that a cookie's value names; `nil` for a value that nobody was given, and for a share that gets
    /// nothing any more.
    package func share(named token: UnsafeRawBufferPointer) -> Int? {
        self.shares.firstIndex { share in
            share.weight > 0 && !token.isEmpty
                && equalBytes(UnsafeRawBufferPointer(share.token), token)
        }
    }
}

/// The cookie that keeps a client where it is (RFC 6265 section 4.1): for all paths, out of reach of scripts, and not sent along
/// with what other sites make of it.
package enum AffinityCookie {
    /// The value of `Set-Cookie`, but for `Secure`.
    ///
    /// - Parameter lifetime: milliseconds; `nil`: until the browser closes.
    package static func text(_ name: String, _ token: [UInt8], lifetime: UInt64?) -> String {
        "\(name)=\(String(decoding: token, as: UTF8.self))\(Self.attributes(lifetime: lifetime))"
    }

    /// What stands behind the cookie's value, but for `Secure`.
    package static func attributes(lifetime: UInt64?) -> String {
        let age = lifetime.map { "; Max-Age=\($0 / 1000)" } ?? ""
        return "; Path=/; HttpOnly; SameSite=Lax\(age)"
    }
}
