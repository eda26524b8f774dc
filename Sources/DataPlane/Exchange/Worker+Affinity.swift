import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// What a request has in common with others of its client: the share of a split, the endpoint of an upstream.
extension Worker {
    /// Notes what of the request decides over its endpoint. Of a tunnel, which has no head, only its client is known.
    func noteAffinity(_ exchange: ExchangeRef, _ pool: PoolRef, _ bytes: Span<UInt8>) {
        pool.pointee.affinity?._withUnsafeGuaranteedRef { affinity in
            exchange.pointee.hash = self.hashKey(exchange, affinity, bytes)
            guard affinity.persists, !bytes.isEmpty else { return }
            exchange.pointee.affinity.givesEndpoint = true
            exchange.pointee.affinity.isSecure = self.isSecure(exchange, bytes)
            let name = UnsafeRawBufferPointer(affinity.cookie)
            guard let named = self.withRequest(bytes, { $0.cookie(name).map { self.endpoint(pool, named: $0) } }) else {
                return
            }
            exchange.pointee.preferred = named
            exchange.pointee.affinity.remembered = named
        }
    }

    /// The endpoint that a cookie's value names; -1 for a value that nobody was given, and for one that is gone.
    private func endpoint(_ pool: PoolRef, named token: UnsafeRawBufferPointer) -> Int {
        guard token.count == AffinityKey.tokenCount else { return -1 }
        for index in pool.pointee.endpoints.indices where pool.pointee.endpoints[index].isPresent {
            let known = pool.pointee.endpoints[index].token
            var difference: UInt8 = 0
            for position in known.indices { difference |= known[position] ^ token[position] }
            if difference == 0 { return index }
        }
        return -1
    }

    /// What requests with the same endpoint have in common; `nil` when the request has nothing of that kind.
    private func hashKey(_ exchange: ExchangeRef, _ affinity: PoolAffinity, _ bytes: Span<UInt8>) -> UInt64? {
        let name = UnsafeRawBufferPointer(affinity.name)
        if affinity.source == .clientAddress { return self.clientHash(exchange) }
        guard !bytes.isEmpty else { return nil }
        return self.withRequest(bytes) { request in
            switch affinity.source {
            case .none, .clientAddress: nil
            case .header: request.hash(of: .header, named: name)
            case .cookie: request.hash(of: .cookie, named: name)
            case .query: request.hash(of: .query, named: name)
            }
        }
    }

    func clientHash(_ exchange: ExchangeRef) -> UInt64 {
        (exchange.pointee.clientAddress ?? exchange.pointee.client.pointee.forwarded.peer).keyHash
    }

    /// The request as routing reads it, for its fields and parameters.
    func withRequest<R>(_ bytes: Span<UInt8>, _ body: (RouteRequest) -> R) -> R {
        bytes.withUnsafeBufferPointer {
            body(
                RouteRequest(
                    self.requestHead, of: UnsafeRawBufferPointer($0), path: UnsafeRawBufferPointer(start: nil, count: 0)
                ))
        }
    }

    // MARK: Answers

    /// The cookies that keep the client where this request was served, as lines.
    @inline(__always)
    func writeAffinity(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        guard exchange.pointee.affinity.givesShare || exchange.pointee.affinity.givesEndpoint else { return }
        self.writeCookies(exchange, into: &writer)
    }

    @inline(never)
    private func writeCookies(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        let affinity = exchange.pointee.affinity
        if affinity.givesShare, let share = exchange.share {
            writer.append("Set-Cookie: ")
            writer.append(buffer: share.pointee.cookie)
            writer.append(affinity.isSecure ? "; Secure\r\n" : "\r\n")
        }
        guard affinity.givesEndpoint, exchange.pointee.endpoint != affinity.remembered,
            let pool = exchange.pointee.upstream?.pointee.pool ?? self.pool(of: exchange),
            pool.pointee.endpoints.indices.contains(exchange.pointee.endpoint)
        else { return }
        pool.pointee.affinity?._withUnsafeGuaranteedRef { names in
            guard names.persists else { return }
            writer.append("Set-Cookie: ")
            writer.append(names.cookie)
            writer.append(0x3D)
            writer.append(pool.pointee.endpoints[exchange.pointee.endpoint].token.span)
            writer.append(names.attributes)
            writer.append(affinity.isSecure ? "; Secure\r\n" : "\r\n")
        }
    }

    // MARK: Tokens

    /// Gives an endpoint the token that cookies name it by.
    func nameEndpoint(_ pool: PoolRef, _ place: Int) {
        let key = AffinityKey(identity: self.gateway.identity)
        let token = key.token(upstream: pool.pointee.name, endpoint: pool.pointee.endpoints[place].authority)
        for (index, byte) in token.enumerated() where index < AffinityKey.tokenCount {
            pool.pointee.endpoints[place].token[index] = byte
        }
    }

    /// Names all endpoints anew: the configuration has another history now.
    func nameEndpoints() {
        for case let pool? in self.pools
        where pool.pointee.affinity?._withUnsafeGuaranteedRef({ $0.persists }) == true {
            for place in pool.pointee.endpoints.indices { self.nameEndpoint(pool, place) }
        }
    }
}
