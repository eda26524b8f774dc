import Balancing
package import HTTPWire

/// Where a request has what it has in common with those that belong to the same share or endpoint.
package enum RequestKey: Sendable {
    /// The first line of a name in lower case.
    case header
    case cookie
    /// The first parameter of a name, decoded.
    case query
}

extension RouteRequest {
    /// The hash of what the request has there, without a seed: all workers agree on it. `nil` when it has nothing.
    package func hash(of key: RequestKey, named name: UnsafeRawBufferPointer) -> UInt64? {
        switch key {
        case .header: self.header(name).map { KeyHash.hash($0) }
        case .cookie: self.cookie(name).map { KeyHash.hash($0) }
        case .query: firstParameter(self.query, named: name).map { withDecoded($0) { KeyHash.hash($0) } }
        }
    }
}

extension IPBytes {
    /// The hash of all requests of a client.
    package var keyHash: UInt64 {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { bytes in
            for index in 0..<16 { bytes[index] = self[index] }
            return KeyHash.hash(UnsafeRawBufferPointer(bytes))
        }
    }
}
