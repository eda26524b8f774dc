import Firewall
import GatewayModel
import Glibc
import HTTPWire
import Reactor
import Routing
import TrafficControl

/// Who looked like an attacker, and why: a line beside the access log's, and word to the supervisor.
extension Worker {
    /// What a line shows. It is never longer than what a pipe takes in one piece.
    private static let shown = (rules: 20, line: Int(PIPE_BUF) - 1, text: 192, excerpt: 128, path: 512)

    func tell(
        _ verdict: FirewallVerdict, _ rule: FirewallRule, _ exchange: ExchangeRef, _ check: TrafficCheck,
        _ bytes: Span<UInt8>, isRefused: Bool
    ) {
        var event = self.eventHead(rule, exchange, bytes)
        event["action"] = isRefused ? "refused" : "passed"
        event["score"] = .integer(Int64(verdict.score))
        var rules = verdict.matches.prefix(Self.shown.rules).map(Self.shown)
        event["rules"] = .array(rules)
        var line = JSON.object(event).encoded()
        while line.count > Self.shown.line, !rules.isEmpty {
            rules.removeLast()
            event["rules"] = .array(rules)
            line = JSON.object(event).encoded()
        }
        self.log(line)
        if let dropped = self.firewall.reports.take(at: self.now) {
            self.report(.firewallEvent(event, dropped: dropped))
        }
    }

    private func log(_ line: [UInt8]) {
        guard self.accessLog.isEnabled else { return }
        let line = line + [0x0A]
        let isKept = line.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { self.accessLog.append($0, count: bytes.count, now: self.now) } ?? false
        }
        if !isKept { self.counters.logDropped += 1 }
    }

    private func eventHead(_ rule: FirewallRule, _ exchange: ExchangeRef, _ bytes: Span<UInt8>) -> JSONObject {
        let path = bytes.extracting(self.requestHead.path.range)
        let mode = rule.observe ? "observe" : rule.firewall.policy.mode.rawValue
        return [
            "type": "waf", "time": .string(Self.text { $0.append(timestamp: Clock.wallMicroseconds()) }),
            "requestId": .string(Self.text { $0.append(exchange.pointee.id) }),
            "listener": .string(exchange.settings.name),
            "route": .string(exchange.pointee.route?._withUnsafeGuaranteedRef { $0.name } ?? ""),
            "policy": .string(rule.name), "mode": .string(mode),
            "clientAddress": .string(self.clientAddressText(exchange)),
            "method": .string(bytes.extracting(self.requestHead.methodBytes.range).shown(64)),
            "host": .string(bytes.extracting(self.requestHead.authority.range).shown(256)),
            "path": .string(path.shown(Self.shown.path)),
        ]
    }

    private static func shown(_ match: FirewallMatch) -> JSON {
        [
            "id": .integer(Int64(match.rule)), "message": .string(match.message.shown(Self.shown.text)),
            "severity": .string(match.severity.shown(32)), "place": .string(match.place.shown(Self.shown.text)),
            "excerpt": .string(match.excerpt.shown(Self.shown.excerpt)),
        ]
    }

    private static func text(_ write: (inout ByteWriter) -> Void) -> String {
        var text = InlineArray<64, UInt8>(repeating: 0)
        var span = text.mutableSpan
        return span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return "" }
            var writer = ByteWriter(base, capacity: buffer.count)
            write(&writer)
            return String(decoding: UnsafeBufferPointer(start: base, count: writer.count), as: UTF8.self)
        }
    }
}

extension Span<UInt8> {
    /// As text, cut to so many bytes.
    fileprivate func shown(_ count: Int) -> String {
        self.extracting(first: Swift.min(count, self.count)).withUnsafeBufferPointer {
            String(decoding: $0, as: UTF8.self)
        }
    }
}

extension String {
    /// Cut to so many bytes.
    fileprivate func shown(_ count: Int) -> String {
        self.utf8.count <= count ? self : String(decoding: self.utf8.prefix(count), as: UTF8.self)
    }
}
