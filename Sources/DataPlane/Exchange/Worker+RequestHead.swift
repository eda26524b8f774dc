import HTTPWire
import Reactor
import Routing

/// The head that the upstream gets. It depends on route and share alone, so that every endpoint gets the same.
extension Worker {
    func writeHead(
        _ exchange: ExchangeRef, _ pool: PoolRef, _ bytes: Span<UInt8>, _ path: RequestPath,
        into writer: inout ByteWriter
    ) {
        let share = exchange.share
        let rules = share?.pointee.requestRules
        if let rules { self.requestHead.withhold(rules, of: bytes) }
        if exchange.pointee.access != nil { self.holdBackCredentials(exchange, bytes) }
        writer.append(bytes.extracting(self.requestHead.methodBytes.range))
        writer.append(0x20)
        self.writeTarget(exchange, bytes, path, share?.pointee.rewrite?.path, into: &writer)
        writer.append(" HTTP/1.1\r\nHost: ")
        if let hostname = share?.pointee.rewrite?.hostname {
            writer.append(buffer: hostname)
        } else if self.requestHead.authority.isEmpty {
            writer.append(pool.pointee.host)
        } else {
            writer.append(bytes.extracting(self.requestHead.authority.range))
        }
        writer.append("\r\n")
        writer.append(self.requestHead.fields, of: bytes)
        if exchange.pointee.access != nil { self.writeIdentity(exchange, bytes, rules, into: &writer) }
        let withheld = rules?.own ?? .none
        self.writeForwarded(exchange, bytes, withheld, into: &writer)
        if !withheld.contains(.requestID) {
            writer.append("X-Request-Id: ")
            writer.append(exchange.pointee.id)
            writer.append("\r\n")
        }
        if let rules { writer.append(rules) }
        writer.append(self.requestHead.framing)
        self.writeUpgrade(exchange, into: &writer)
        writer.append("\r\n")
    }

    /// Room for what is added to a head: fixed fields, a host that is told twice, a length, and what the route adds.
    func headRoom(_ exchange: ExchangeRef) -> Int {
        let fixed = 512 + 2 * Int(self.requestHead.authority.count)
        var identity = exchange.pointee.client.identity?.forwarded.count ?? 0
        if exchange.pointee.access != nil { identity += self.accessRoom(exchange) }
        guard let share = exchange.share else { return fixed + identity }
        let rewrite = share.pointee.rewrite
        let added = (share.pointee.requestRules?.lines.count ?? 0) + (rewrite?.hostname?.count ?? 0)
        if case .pattern = rewrite?.path { return fixed + identity + added + self.changedPath.count }
        return fixed + identity + added + (rewrite?.path?.room ?? 0)
    }

    private func writeTarget(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath, _ change: PathChange?,
        into writer: inout ByteWriter
    ) {
        if case .pattern = change {
            writer.append(buffer: self.changedPath)
        } else if let change {
            self.writeChangedPath(exchange, bytes, path, change, into: &writer)
        } else if self.requestHead.hasEmptyPath {
            writer.append(0x2F)
        } else if case .rewritten(let wire, _) = path {
            if let base = self.scratchPath.baseAddress { writer.append(base, count: wire) }
        } else {
            writer.append(bytes.extracting(self.requestHead.path.range))
        }
        self.writeQuery(exchange, bytes, into: &writer)
    }

    /// The path of the request, as a rewrite or a redirect has it.
    @inline(never)
    func writeChangedPath(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath, _ change: PathChange,
        into writer: inout ByteWriter
    ) {
        let matched = exchange.pointee.matched
        self.withPath(bytes, path) { wire, match in change.write(wire, match: match.prefix(matched), into: &writer) }
    }

    /// The canonical path in both forms: as it goes upstream, and as routes are matched with it.
    func withPath<R>(
        _ bytes: Span<UInt8>, _ path: RequestPath,
        _ body: (_ wire: UnsafeBufferPointer<UInt8>, _ match: UnsafeBufferPointer<UInt8>) -> R
    ) -> R {
        if self.requestHead.hasEmptyPath {
            let root: StaticString = "/"
            let slash = UnsafeBufferPointer(start: root.utf8Start, count: 1)
            return body(slash, slash)
        }
        if case .rewritten(let wire, let match) = path {
            let scratch = UnsafeBufferPointer(self.scratchPath)
            return body(
                UnsafeBufferPointer(rebasing: scratch[..<wire]),
                UnsafeBufferPointer(rebasing: scratch[wire..<(wire + match)]))
        }
        return bytes.extracting(self.requestHead.path.range).withUnsafeBufferPointer { body($0, $0) }
    }
}

extension UnsafeMutablePointer<Exchange> {
    /// What the route says of the share that was chosen; `nil` for a plain route.
    @inline(__always)
    var share: UnsafePointer<SharePlan>? {
        guard let plan = self.pointee.route?._withUnsafeGuaranteedRef({ $0.plan }) else { return nil }
        let place = self.pointee.share
        return plan._withUnsafeGuaranteedRef { $0.share(at: place) }
    }
}
