import AccessControl
package import GatewayModel
import HTTPWire
package import RateLimiting
import Routing

/// What requests are told apart by, in the form that requests use.
package final class LimitKey: Sendable {
    /// Names point to what `names` keeps.
    private enum Part {
        case clientAddress, consumer, path, method
        case header(UnsafeRawBufferPointer)
        case cookie(UnsafeRawBufferPointer)
        case query(UnsafeRawBufferPointer)
        /// The place of its path in `claims`.
        case claim(Int)
    }

    private let parts: FixedValues<Part>
    private let names: [FixedValues<UInt8>]
    private let claims: [[String]]

    package init(_ key: [LimitKeyPart]) {
        var names: [FixedValues<UInt8>] = []
        var claims: [[String]] = []
        func keep(_ name: String) -> UnsafeRawBufferPointer {
            let copy = FixedValues(name.utf8)
            names.append(copy)
            return UnsafeRawBufferPointer(copy.all)
        }
        var parts: [Part] = []
        for part in key {
            switch part {
            case .clientAddress: parts.append(.clientAddress)
            case .consumer: parts.append(.consumer)
            case .path: parts.append(.path)
            case .method: parts.append(.method)
            case .header(let name): parts.append(.header(keep(name)))
            case .cookie(let name): parts.append(.cookie(keep(name)))
            case .query(let name): parts.append(.query(keep(name)))
            case .claim(let name):
                parts.append(.claim(claims.count))
                claims.append(name.split(separator: ".", omittingEmptySubsequences: false).map(String.init))
            }
        }
        self.parts = FixedValues(parts)
        self.names = names
        self.claims = claims
    }

    /// Adds what the request has in the key's places. What it lacks is a value of its own.
    package func append(_ request: LimitedRequest, to hash: inout LimitKeyHash) {
        for part in self.parts.all {
            switch part {
            case .clientAddress: hash.append(client: request.client)
            case .path: hash.append(bytes: request.request.path)
            case .method: hash.append(bytes: request.request.method)
            case .header(let name): hash.append(request.request.header(name))
            case .cookie(let name): hash.append(request.request.cookie(name))
            case .query(let name): hash.append(decoded: firstParameter(request.request.query, named: name))
            case .consumer: hash.append(request.findings?._withUnsafeGuaranteedRef { $0.consumer?.name })
            case .claim(let place): self.append(claim: place, request, to: &hash)
            }
        }
    }

    private func append(claim place: Int, _ request: LimitedRequest, to hash: inout LimitKeyHash) {
        let value = request.findings?._withUnsafeGuaranteedRef { findings in
            self.claims.indices.contains(place) ? findings.claims?.value(at: self.claims[place]) : nil
        }
        switch value {
        case nil: hash.appendAbsent()
        case .string(let text): hash.append(text)
        case let json?: hash.append(json.text(.canonical))
        }
    }
}

extension LimitKeyHash {
    /// An IPv4 address whole, of an IPv6 address the /64.
    fileprivate mutating func append(client: IPBytes) {
        self.append(word: client.isIPv4 ? UInt64(client.ipv4) : UInt64(truncatingIfNeeded: client.bits &>> 64))
        self.append(word: client.isIPv4 ? 4 : 6)
    }

    fileprivate mutating func append(_ value: UnsafeRawBufferPointer?) {
        guard let value else { return self.appendAbsent() }
        self.append(bytes: value)
    }

    fileprivate mutating func append(decoded value: UnsafeRawBufferPointer?) {
        guard let value else { return self.appendAbsent() }
        withDecoded(value) { self.append(bytes: $0) }
    }

    mutating func append(_ text: String?) {
        guard var text else { return self.appendAbsent() }
        text.withUTF8 { self.append(bytes: UnsafeRawBufferPointer($0)) }
    }
}
