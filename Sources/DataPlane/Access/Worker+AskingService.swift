import AccessControl
import GatewayModel
import GatewaySnapshot
import HTTPWire
import Reactor

/// Questions to services about requests: `GET` on the policy's path, with what the request is for told in fields.
extension Worker {
    /// Begins to ask. What cannot even begin is answered at once.
    func askService(
        _ exchange: ExchangeRef, _ state: AccessState, _ rule: ExtAuthRule, _ bytes: Span<UInt8>, _ path: RequestPath
    ) {
        self.access.counters.services[rule.name, default: .init()].asked += 1
        guard let slot = self.gateway.slot(ofUpstream: rule.policy.upstream), self.pools.indices.contains(slot),
            let pool = self.pools[slot]
        else { return self.give(exchange, rule, .unreachable) }
        let size = exchange.suspension?.head?.count ?? bytes.count
        let fixed = 1024 + pool.pointee.host.count + rule.policy.path.utf8.count + 4 * self.requestHead.fields.count
        var head = self.buffers.borrow(2 * size + fixed)
        var writer = ByteWriter(head.base, capacity: head.capacity)
        self.writeQuestion(exchange, rule, pool, bytes, path, into: &writer)
        head.end = writer.count
        guard !writer.isOverrun else {
            self.buffers.giveBack(head)
            return self.give(exchange, rule, .unreachable)
        }
        let asking = self.makeQuestion(exchange, rule, slot: slot)
        state.question = asking
        asking.pointee.waiting.request = head
        self.dispatch(asking)
    }

    /// The exchange that asks. Nothing of the request's route holds for it, but the policy's time.
    private func makeQuestion(_ asker: ExchangeRef, _ rule: ExtAuthRule, slot: Int) -> ExchangeRef {
        let client = self.clientCells.allocate().assumingMemoryBound(to: Client.self)
        client.initialize(to: Client(mirrorOf: asker.pointee.client, token: Token.make(client, Token.client)))
        let exchange = self.exchangeCells.allocate().assumingMemoryBound(to: Exchange.self)
        exchange.initialize(to: Exchange(token: Token.make(exchange, Token.exchange), client: client, stream: 0))
        client.pointee.exchanges = exchange
        exchange.pointee.question = .passRetained(ServiceQuestion(rule, asker: asker))
        exchange.pointee.startedAt = self.nowNanoseconds
        exchange.pointee.id = asker.pointee.id
        exchange.pointee.slot = slot
        exchange.pointee.request.method = .get
        exchange.pointee.deadline = self.now &+ UInt64(clamping: rule.policy.timeout)
        self.timers.set(exchange.timer, deadline: exchange.pointee.deadline)
        return exchange
    }

    // MARK: The question

    private func writeQuestion(
        _ exchange: ExchangeRef, _ rule: ExtAuthRule, _ pool: PoolRef, _ bytes: Span<UInt8>, _ path: RequestPath,
        into writer: inout ByteWriter
    ) {
        writer.append("GET ")
        writer.append(rule.policy.path.utf8.span)
        writer.append(" HTTP/1.1\r\nHost: ")
        writer.append(pool.pointee.host)
        writer.append("\r\nX-Forwarded-Method: ")
        writer.append(bytes.extracting(self.requestHead.methodBytes.range))
        writer.append(self.isSecure(exchange, bytes) ? "\r\nX-Forwarded-Proto: https" : "\r\nX-Forwarded-Proto: http")
        if !self.requestHead.authority.isEmpty {
            writer.append("\r\nX-Forwarded-Host: ")
            writer.append(bytes.extracting(self.requestHead.authority.range))
        }
        writer.append("\r\nX-Forwarded-Uri: ")
        if self.requestHead.hasEmptyPath {
            writer.append(0x2F)
        } else if case .rewritten(let wire, _) = path {
            if let base = self.scratchPath.baseAddress { writer.append(base, count: wire) }
        } else {
            writer.append(bytes.extracting(self.requestHead.path.range))
        }
        self.writeQuery(exchange, bytes, into: &writer)
        writer.append("\r\nX-Forwarded-For: ")
        self.writeClientAddress(exchange, into: &writer)
        writer.append("\r\nX-Request-Id: ")
        writer.append(exchange.pointee.id)
        writer.append("\r\n")
        self.copyLines(named: rule.policy.requestHeaders, bytes, into: &writer)
        writer.append("\r\n")
    }

    /// Those that end at the gateway, and those of which the question has its own, are never copied.
    private func copyLines(named names: [String], _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        for index in 0..<self.requestHead.fields.count {
            let line = self.requestHead.fields[index]
            guard line.known.isCopied, line.known != .expect else { continue }
            let name = bytes.extracting(line.name.range)
            for wanted in names where name.equalsIgnoringCase(wanted.utf8.span) {
                writer.append(name)
                writer.append(": ")
                writer.append(bytes.extracting(line.value.range))
                writer.append("\r\n")
                break
            }
        }
    }

    // MARK: The answer

    /// Reads the head of the service's answer, which `responseHead` was parsed from.
    @inline(never)
    func noteServiceAnswer(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, headEnd: Int) {
        guard let question = exchange.question else { return }
        // What is written for nobody has the gateway's own fields, too.
        question.limit = UInt64(ServiceQuestion.mostBody + headEnd + 1024)
        let status = self.responseHead.status
        switch status {
        case 200...299:
            let lines = self.answerLines(bytes, named: question.rule.policy.responseHeaders)
            question.answer = lines.map { .allowed(lines: $0) } ?? .unreachable
        case 300...399:
            let lines = self.answerLines(bytes, named: ["location", "set-cookie"])
            question.answer = lines.map { .denied(status: status, lines: $0) } ?? .unreachable
        case 400...499:
            let lines = self.answerLines(bytes, named: ["www-authenticate", "set-cookie"])
            question.answer = lines.map { .denied(status: status, lines: $0) } ?? .unreachable
        default: question.answer = .unreachable
        }
    }

    /// Lines of the answer's head with these names, which are in lower case; `nil`: they are too long.
    private func answerLines(_ bytes: Span<UInt8>, named names: [String]) -> [UInt8]? {
        var lines: [UInt8] = []
        for index in 0..<self.responseHead.fields.count {
            let line = self.responseHead.fields[index]
            let name = bytes.extracting(line.name.range)
            guard line.known.isCopied, names.contains(where: { name.equalsIgnoringCase($0.utf8.span) }) else {
                continue
            }
            let value = bytes.extracting(line.value.range)
            guard lines.count + name.count + value.count + 4 <= ServiceQuestion.mostLines else { return nil }
            for offset in name.indices { lines.append(name[offset]) }
            lines.append(contentsOf: ": ".utf8)
            for offset in value.indices { lines.append(value[offset]) }
            lines.append(contentsOf: "\r\n".utf8)
        }
        return lines
    }

    /// Whether more of an answer for nobody is read.
    func mirrorTakes(_ client: ClientRef) -> Bool {
        guard let exchange = client.pointee.exchanges, let question = exchange.question else { return true }
        return exchange.pointee.bytesOut <= question.limit
    }

    // MARK: Ends

    /// The question has ended, well or not.
    @inline(never)
    func endQuestion(_ exchange: ExchangeRef) {
        guard let held = exchange.pointee.question else { return }
        exchange.pointee.question = nil
        let question = held.takeRetainedValue()
        let isWhole = exchange.pointee.reason == nil && exchange.pointee.response.hasHead
        guard let asker = question.asker else { return }
        asker.access?.question = nil
        self.give(asker, question.rule, isWhole ? question.answer : .unreachable)
    }

    private func give(_ exchange: ExchangeRef, _ rule: ExtAuthRule, _ answer: ServiceAnswer) {
        if case .unreachable = answer { self.access.counters.services[rule.name, default: .init()].failed += 1 }
        exchange.access?.findings.services[rule.name] = answer
        self.resumeLater(exchange)
    }

    /// Nobody waits for the answer any more.
    func stopAsking(_ state: AccessState) {
        guard let asking = state.question else { return }
        state.question = nil
        guard !asking.pointee.isOver, let question = asking.question else { return }
        question.asker = nil
        self.access.counters.services[question.rule.name, default: .init()].failed += 1
        self.abort(asking, .clientClosed)
    }
}
