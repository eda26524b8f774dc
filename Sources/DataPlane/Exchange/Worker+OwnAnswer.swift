import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// Routes that answer themselves: redirects and fixed answers.
extension Worker {
    /// Room besides a body and the lines of rules: a status line, the gateway's own fields.
    private static let answerRoom = 512

    func giveAnswer(_ exchange: ExchangeRef, _ answer: OwnAnswer, _ bytes: Span<UInt8>, _ path: RequestPath) {
        let location =
            Int(self.requestHead.authority.count) + Int(self.requestHead.path.count)
            + Int(self.requestHead.query.count) + (answer.redirect?.hostname?.count ?? 0)
            + (answer.redirect?.path?.room ?? 0)
        let fields =
            2 * answer.rules.lines.count + (exchange.pointee.cors.lines?.count ?? 0)
            + (exchange.pointee.limitLines?.count ?? 0)
            + (exchange.pointee.answerFields.plan?._withUnsafeGuaranteedRef { $0.room } ?? 0)
        let room = Self.answerRoom + location + fields + answer.body.count
        let buffer = self.buffers.borrow(room)
        defer { self.buffers.giveBack(buffer) }
        var writer = ByteWriter(buffer.base, capacity: buffer.capacity)
        writer.append("HTTP/1.1 ")
        writer.append(decimal: UInt64(answer.status))
        writer.append(0x20)
        writer.append(StatusText.of(answer.status))
        writer.append("\r\n")
        if let redirect = answer.redirect, !answer.rules.own.contains(.location) {
            guard self.writeLocation(exchange, redirect, bytes, path, into: &writer) else {
                return self.answer(exchange, .badRequest)
            }
        }
        self.openOwnAnswer(exchange, answer.status)
        if !exchange.isHTTP2 { self.writeOwnFields(exchange, answer.rules, into: &writer) }
        if answer.hasBody {
            writer.append("Content-Length: ")
            writer.append(decimal: UInt64(answer.body.count))
            writer.append("\r\n")
        }
        writer.append("\r\n")
        if exchange.pointee.request.method != .head { writer.append(buffer: answer.body) }
        guard !exchange.isHTTP2 else { return self.answerStream(exchange, writer) }
        guard self.send(exchange, writer.base, count: writer.count) else { return self.abort(exchange, .clientClosed) }
        self.answerIsWritten(exchange)
    }

    /// The request ends here; a connection of HTTP/1.1 goes on only when all of it has come.
    func openOwnAnswer(_ exchange: ExchangeRef, _ status: UInt16, isRuled: Bool = true) {
        if !exchange.pointee.request.isComplete, !exchange.isHTTP2 {
            exchange.pointee.client.pointee.closesAfter = true
            exchange.pointee.client.pointee.hasUnreadRequest = true
        }
        exchange.pointee.response.status = status
        exchange.pointee.response.hasHead = true
        exchange.pointee.response.isComplete = true
        exchange.pointee.response.isRuled = isRuled
        exchange.pointee.deadline = .max
    }

    private func writeOwnFields(_ exchange: ExchangeRef, _ rules: FieldRules, into writer: inout ByteWriter) {
        if !rules.own.contains(.requestID) {
            writer.append("X-Request-Id: ")
            writer.append(exchange.pointee.id)
            writer.append("\r\n")
        }
        if !rules.own.contains(.date) {
            self.refreshDate()
            writer.append("Date: ")
            writer.append(self.date)
            writer.append("\r\n")
        }
        self.writeOwnAnswerFields(exchange, into: &writer)
        writer.append(rules, withoutCORS: exchange.pointee.cors.replaces)
        if let limits = exchange.pointee.limitLines { writer.append(limits.first, count: limits.count) }
        if let cors = exchange.corsLines { writer.append(cors) }
        if self.closes(exchange.pointee.client) { writer.append("Connection: close\r\n") }
    }

    // MARK: Redirects

    /// Writes the field that says where to go: always a whole URL, so that no path can be taken for a host.
    ///
    /// - Returns: `false` when nobody knows the host, as a client of HTTP/1.0 need not say it.
    private func writeLocation(
        _ exchange: ExchangeRef, _ redirect: RedirectPlan, _ bytes: Span<UInt8>, _ path: RequestPath,
        into writer: inout ByteWriter
    ) -> Bool {
        guard redirect.hostname != nil || !self.requestHead.host.isEmpty else { return false }
        let wasSecure = self.isSecure(exchange, bytes)
        let isSecure = redirect.isSecure ?? wasSecure
        writer.append(isSecure ? "Location: https://" : "Location: http://")
        if let hostname = redirect.hostname {
            writer.append(buffer: hostname)
        } else {
            writer.append(bytes.extracting(self.requestHead.host.range))
        }
        self.writePort(exchange, redirect, bytes, isSecure: isSecure, into: &writer)
        if let change = redirect.path {
            self.writeChangedPath(exchange, bytes, path, change, into: &writer)
        } else {
            self.withPath(bytes, path) { wire, _ in writer.append(buffer: wire) }
        }
        writer.append(bytes.extracting(self.requestHead.query.range))
        writer.append("\r\n")
        return true
    }

    private func writePort(
        _ exchange: ExchangeRef, _ redirect: RedirectPlan, _ bytes: Span<UInt8>, isSecure: Bool,
        into writer: inout ByteWriter
    ) {
        let known = redirect.port(isSecure: isSecure) { self.publicPort(exchange, bytes, isSecure) }
        guard let port = known else { return }
        writer.append(0x3A)
        writer.append(decimal: UInt64(port))
    }

    /// Where browsers reach the listener that serves the request's host.
    private func publicPort(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ isSecure: Bool) -> UInt16 {
        let client = exchange.pointee.client
        let acceptor = client.pointee.acceptor
        let slot = self.gateway.listener(group: acceptor.pointee.group, host: self.lowercasedHost(bytes))
        var port = client.listener.publicPort
        if let slot, acceptor.pointee.listeners.indices.contains(slot) {
            port = acceptor.pointee.listeners[slot].publicPort
        }
        return port.seen(isSecure: isSecure, endsTLS: client.pointee.tls != nil)
    }
}
