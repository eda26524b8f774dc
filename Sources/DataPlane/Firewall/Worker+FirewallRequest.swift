import Firewall
import HTTPWire
import Reactor
import TrafficControl

/// Requests as firewalls see them.
extension Worker {
    /// Puts the request whose head is at hand where the filter is asked about it, without a body.
    func takeRequest(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        self.firewall.request.begin(
            method: bytes.extracting(self.requestHead.methodBytes.range), target: bytes.extracting(self.target),
            version: exchange.isHTTP2 ? "2.0" : exchange.pointee.request.version == .http11 ? "1.1" : "1.0")
        for index in 0..<self.requestHead.fields.count {
            let line = self.requestHead.fields[index]
            self.firewall.request.append(
                name: bytes.extracting(line.name.range), value: bytes.extracting(line.value.range))
        }
        self.firewall.request.clientAddress = self.clientAddressText(exchange)
    }

    /// As it came: also with an authority, where it had one.
    private var target: Range<Int> {
        let start = self.requestHead.methodBytes.range.upperBound + 1
        let end = max(self.requestHead.path.range.upperBound, self.requestHead.query.range.upperBound)
        return min(start, end)..<end
    }

    /// The target as the upstream gets it, where that is not what came; empty: it is.
    func canonicalTarget(_ bytes: Span<UInt8>, _ path: RequestPath) -> [UInt8] {
        guard case .rewritten(let wire, _) = path else { return [] }
        var target = Array(self.scratchPath[..<wire])
        bytes.extracting(self.requestHead.query.range).withUnsafeBufferPointer { target.append(contentsOf: $0) }
        return target
    }

    /// Whether the request must be scanned, the way it came or the way it goes on.
    func mayMatch(_ rule: FirewallRule, _ bytes: Span<UInt8>, _ canonical: [UInt8]) -> Bool {
        if rule.firewall.mayMatch(self.firewall.request) { return true }
        guard !canonical.isEmpty else { return false }
        self.firewall.request.replace(target: canonical.span)
        let mayMatch = rule.firewall.mayMatch(self.firewall.request)
        self.firewall.request.replace(target: bytes.extracting(self.target))
        return mayMatch
    }

    /// A short text, which needs no memory of its own where it is an address of IPv4.
    func clientAddressText(_ exchange: ExchangeRef) -> String {
        var text = InlineArray<64, UInt8>(repeating: 0)
        var span = text.mutableSpan
        return span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return "" }
            var writer = ByteWriter(base, capacity: buffer.count)
            self.writeClientAddress(exchange, into: &writer)
            return String(decoding: UnsafeBufferPointer(start: base, count: writer.count), as: UTF8.self)
        }
    }
}
