import GatewayModel
import Routing

/// What of a request decides over its endpoint, in the form that requests use.
// Justified: what it points at is never written to after it is made.
final class PoolAffinity: @unchecked Sendable {
    /// What requests with the same endpoint have in common.
    enum Source {
        case none, header, cookie, query, clientAddress
    }

    let source: Source
    /// Of the field, cookie or parameter; a field's in lower case.
    let name: UnsafeMutableBufferPointer<UInt8>
    /// The name of the cookie that keeps a client at its endpoint; empty: none does.
    let cookie: UnsafeMutableBufferPointer<UInt8>
    /// What stands behind the value of that cookie when it is given to a client.
    let attributes: UnsafeMutableBufferPointer<UInt8>

    /// - Returns: `nil` where nothing decides.
    init?(_ upstream: Upstream) {
        guard upstream.loadBalancing.hashOn != nil || upstream.persistence != nil else { return nil }
        let (source, name): (Source, String) =
            switch upstream.loadBalancing.hashOn {
            case .header(let name): (.header, name)
            case .cookie(let name): (.cookie, name)
            case .query(let name): (.query, name)
            case .clientAddress: (.clientAddress, "")
            case nil: (.none, "")
            }
        self.source = source
        self.name = .copying(name)
        self.cookie = .copying(upstream.persistence?.name ?? "")
        self.attributes = .copying(
            upstream.persistence.map { AffinityCookie.attributes(lifetime: $0.lifetime) } ?? "")
    }

    deinit {
        self.name.deallocate()
        self.cookie.deallocate()
        self.attributes.deallocate()
    }

    var persists: Bool { !self.cookie.isEmpty }
}

extension UnsafeMutableBufferPointer<UInt8> {
    fileprivate static func copying(_ text: String) -> Self {
        let copy = Self.allocate(capacity: text.utf8.count)
        _ = copy.initialize(from: text.utf8)
        return copy
    }
}

/// What an exchange has to do with who sent it.
struct Affinity {
    /// The answer gives the client the cookie of its share.
    var givesShare = false
    /// The answer gives the client the cookie of its endpoint, unless it is `remembered`.
    var givesEndpoint = false
    /// The endpoint that the client's cookie names; -1: none.
    var remembered = -1
    /// Cookies go to a client that speaks TLS.
    var isSecure = false
}
