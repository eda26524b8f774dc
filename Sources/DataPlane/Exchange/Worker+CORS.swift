import AccessControl
import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// What an exchange keeps for pages of other origins; empty where no CORS policy speaks of it.
struct AnswerCORS {
    /// Lines for the head of whatever answers.
    var lines: Buffer?
    var exposesAll = false
    /// What others write of CORS is left out.
    var replaces = false
}

extension UnsafeMutablePointer<Exchange> {
    /// The lines of the CORS policy.
    @inline(__always)
    var corsLines: CORSLines? {
        guard let lines = self.pointee.cors.lines else { return nil }
        let bytes = UnsafeBufferPointer(start: UnsafePointer(lines.first), count: lines.count)
        return CORSLines(bytes: bytes, exposesAll: self.pointee.cors.exposesAll)
    }
}

/// Cross-origin requests (Fetch, section 3.3).
extension Worker {
    /// Makes the lines for the answer of a request that was routed; its head will be gone.
    @inline(__always)
    func noteCORS(_ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>) {
        let (access, inherits) = route._withUnsafeGuaranteedRef { ($0.access, $0.inheritsFaults) }
        if access == nil, !inherits || exchange.pointee.client.pointee.acceptor.pointee.cors.isEmpty { return }
        self.noteRouteCORS(exchange, route, bytes)
    }

    @inline(never)
    private func noteRouteCORS(_ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>) {
        let listener = self.listenerCORS(exchange, self.lowercasedHost(bytes))
        guard let rule = route._withUnsafeGuaranteedRef({ $0.corsRule(listener: listener) }) else { return }
        self.note(rule, exchange, bytes)
    }

    /// Refuses a request that no route takes: routes of its path, which ask for another method perhaps, have policies too.
    @inline(never)
    func refuseUnrouted(
        _ exchange: ExchangeRef, _ reason: Reason, _ bytes: Span<UInt8>, _ path: RequestPath,
        _ host: UnsafeRawBufferPointer
    ) {
        let group = exchange.pointee.client.pointee.acceptor.pointee.group
        let listener = self.listenerCORS(exchange, host)
        let rule = self.withPath(bytes, path) { _, match in
            bytes.withUnsafeBytes { bytes in
                let request = RouteRequest(self.requestHead, of: bytes, path: UnsafeRawBufferPointer(match))
                return self.gateway.corsRule(group: group, host: host, unrouted: request, listener: listener)
            }
        }
        if let rule { self.note(rule, exchange, bytes) }
        self.answer(exchange, reason)
    }

    /// The policy of the listener that takes a host.
    private func listenerCORS(_ exchange: ExchangeRef, _ host: UnsafeRawBufferPointer) -> CORSRule? {
        let acceptor = exchange.pointee.client.pointee.acceptor
        guard !acceptor.pointee.cors.isEmpty,
            let slot = self.gateway.listener(group: acceptor.pointee.group, host: host),
            acceptor.pointee.cors.indices.contains(slot)
        else { return nil }
        return acceptor.pointee.cors[slot]
    }

    private func note(_ rule: CORSRule, _ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        // A page that opens a WebSocket is not asked for leave: the server looks at `Origin`.
        let isTunnel = exchange.pointee.request.upgrade != .none
        exchange.pointee.cors.replaces = !isTunnel
        exchange.pointee.cors.exposesAll = rule.exposesAll && !isTunnel
        bytes.withUnsafeBytes { bytes in
            let origin = self.origin(bytes)
            self.keep(exchange, room: rule.room(origin: origin.value?.count ?? 0, method: 0, headers: 0)) { writer in
                if !isTunnel {
                    rule.append(for: origin.value, to: &writer)
                } else if !rule.isForEverybody {
                    writer.append("Vary: Origin\r\n")
                }
            }
            if origin.value.map({ rule.isForEverybody || rule.allows($0) }) != true {
                exchange.pointee.cors.exposesAll = false
            }
        }
    }

    private func keep(_ exchange: ExchangeRef, room: Int, _ write: (inout ByteWriter) -> Void) {
        self.giveBack(&exchange.pointee.cors.lines)
        var buffer = self.buffers.borrow(room)
        var writer = ByteWriter(buffer.base, capacity: buffer.capacity)
        write(&writer)
        buffer.end = writer.isOverrun ? 0 : writer.count
        exchange.pointee.cors.lines = buffer
    }

    /// Where the request in `requestHead` comes from: no `value` where it does not say so, or says two things.
    private func origin(_ bytes: UnsafeRawBufferPointer) -> (value: UnsafeRawBufferPointer?, isThere: Bool) {
        var value: UnsafeRawBufferPointer?
        var isThere = false
        for index in 0..<self.requestHead.fields.count {
            let line = self.requestHead.fields[index]
            guard line.name.count == 6, line.known == .other, line.name.range.upperBound <= bytes.count,
                line.value.range.upperBound <= bytes.count
            else { continue }
            let name = UnsafeRawBufferPointer(rebasing: bytes[line.name.range])
            guard name.elementsEqual("origin".utf8, by: { $0 | 0x20 == $1 }) else { continue }
            guard !isThere else { return (nil, true) }
            value = UnsafeRawBufferPointer(rebasing: bytes[line.value.range])
            isThere = true
        }
        return (value, isThere)
    }

    // MARK: Preflights

    /// Answers a preflight in place of whatever would take the request: before all rules, and where no route has the method.
    /// `false`: it is a request like another.
    @inline(never)
    func answersPreflight(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath, _ host: UnsafeRawBufferPointer
    ) -> Bool {
        let group = exchange.pointee.client.pointee.acceptor.pointee.group
        let listener = self.listenerCORS(exchange, host)
        return self.withPath(bytes, path) { _, match in
            bytes.withUnsafeBytes { bytes in
                let request = RouteRequest(self.requestHead, of: bytes, path: UnsafeRawBufferPointer(match))
                let origin = self.origin(bytes)
                guard origin.isThere, let preflight = PreflightRequest(request) else { return false }
                let answer = self.gateway.preflight(group: group, host: host, preflight, listener: listener)
                guard let answer else { return false }
                exchange.pointee.route = answer.route?.retain()
                self.answer(exchange, preflight, answer.rule, origin.value)
                return true
            }
        }
    }

    /// Refuses a request before a route is looked for. Its preflight is not refused where pages may read what it is answered.
    func refuseEarly(_ exchange: ExchangeRef, _ reason: Reason, _ bytes: Span<UInt8>) {
        self.noteListenerAnswerFields(exchange, bytes)
        guard !exchange.pointee.client.pointee.acceptor.pointee.cors.isEmpty else {
            return self.answer(exchange, reason)
        }
        let rule = self.listenerCORS(exchange, self.lowercasedHost(bytes))
        if reason == .badRequest, self.requestHead.method == .options, let rule {
            let isAnswered = bytes.withUnsafeBytes { bytes in
                let origin = self.origin(bytes)
                let request = RouteRequest(
                    self.requestHead, of: bytes, path: UnsafeRawBufferPointer(start: nil, count: 0))
                guard origin.isThere, let preflight = PreflightRequest(request) else { return false }
                self.answer(exchange, preflight, rule, origin.value)
                return true
            }
            if isAnswered { return }
        }
        if let rule { self.note(rule, exchange, bytes) }
        self.answer(exchange, reason)
    }

    private func answer(
        _ exchange: ExchangeRef, _ preflight: PreflightRequest, _ rule: CORSRule, _ origin: UnsafeRawBufferPointer?
    ) {
        let room = rule.room(
            origin: origin?.count ?? 0, method: preflight.method.count, headers: preflight.headers?.count ?? 0)
        self.keep(exchange, room: room) {
            rule.appendPreflight(for: origin, method: preflight.method, headers: preflight.headers, to: &$0)
        }
        self.openOwnAnswer(exchange, 204, isRuled: false)
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        writer.append("HTTP/1.1 204 No Content\r\n")
        if !exchange.isHTTP2 {
            self.refreshDate()
            writer.append("X-Request-Id: ")
            writer.append(exchange.pointee.id)
            writer.append("\r\nDate: ")
            writer.append(self.date)
            writer.append("\r\n")
            if let lines = exchange.corsLines { writer.append(lines) }
            if self.closes(exchange.pointee.client) { writer.append("Connection: close\r\n") }
        }
        writer.append("\r\n")
        guard !exchange.isHTTP2 else { return self.answerStream(exchange, writer) }
        guard self.send(exchange, writer.base, count: writer.count) else { return self.abort(exchange, .clientClosed) }
        self.answerIsWritten(exchange)
    }
}
