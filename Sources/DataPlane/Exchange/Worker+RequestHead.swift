import HTTPWire
import Reactor
import Routing

/// The head that the upstream gets.
extension Worker {
    func writeHead(
        _ exchange: ExchangeRef, _ pool: PoolRef, _ bytes: Span<UInt8>, _ path: RequestPath,
        into writer: inout ByteWriter
    ) {
        writer.append(bytes.extracting(self.requestHead.methodBytes.range))
        writer.append(0x20)
        self.writeTarget(bytes, path, into: &writer)
        writer.append(" HTTP/1.1\r\nHost: ")
        if self.requestHead.authority.isEmpty {
            writer.append(pool.pointee.host)
        } else {
            writer.append(bytes.extracting(self.requestHead.authority.range))
        }
        writer.append("\r\n")
        writer.append(self.requestHead.fields, of: bytes)
        self.writeForwarded(exchange, bytes, into: &writer)
        writer.append("X-Request-Id: ")
        writer.append(exchange.pointee.id)
        writer.append("\r\n")
        writer.append(self.requestHead.framing)
        self.writeUpgrade(exchange, into: &writer)
        writer.append("\r\n")
    }

    private func writeTarget(_ bytes: Span<UInt8>, _ path: RequestPath, into writer: inout ByteWriter) {
        if self.requestHead.hasEmptyPath {
            writer.append(0x2F)
        } else if case .rewritten(let wire, _) = path {
            if let base = self.scratchPath.baseAddress { writer.append(base, count: wire) }
        } else {
            writer.append(bytes.extracting(self.requestHead.path.range))
        }
        writer.append(bytes.extracting(self.requestHead.query.range))
    }
}
