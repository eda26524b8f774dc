import GatewayModel
import Reactor

extension Worker {
    /// Serves until the worker has drained or its supervisor is gone. Returns the exit code.
    func run() -> Int32 {
        guard self.poller.addSource(self.channel.descriptor, token: Token.channel),
            self.poller.addSource(self.wakeup.descriptor, token: Token.wakeup)
        else { return 1 }
        self.report(.ready)
        while self.drain != .done {
            let count = self.poller.wait(milliseconds: self.waitMilliseconds)
            self.readClocks()
            for index in 0..<count {
                let event = self.poller.event(at: index)
                self.dispatch(event.token, event.readiness)
            }
            self.runScheduled()
            self.expireTimers()
            self.serveCarriers()
            self.sendFrames()
            self.endTurn()
        }
        self.accessLog.flush(counting: &self.counters.logDropped)
        return 0
    }

    private var waitMilliseconds: Int32 {
        if !self.scheduledClients.isEmpty || !self.pendingSessions.isEmpty || !self.scheduledExchanges.isEmpty
            || !self.pendingCarriers.isEmpty
        {
            return 0
        }
        if self.accessLog.hasPending || self.drain.isUnderWay { return 20 }
        if self.now < self.heldUntil { return Int32(TimerWheel.tickMilliseconds) }
        return self.timers.isEmpty ? 1000 : Int32(TimerWheel.tickMilliseconds) * 4
    }

    private func readClocks() {
        self.nowNanoseconds = Clock.monotonicNanoseconds()
        self.now = self.nowNanoseconds / 1_000_000
    }

    private func dispatch(_ token: UInt64, _ readiness: Readiness) {
        guard token & Token.kindMask != Token.other else { return self.dispatchOther(token, readiness) }
        guard let cell = Token.pointer(token) else { return }
        switch token & Token.kindMask {
        case Token.client: self.clientIsReady(cell.assumingMemoryBound(to: Client.self), readiness)
        case Token.upstream: self.upstreamIsReady(cell.assumingMemoryBound(to: UpstreamConnection.self), readiness)
        default: self.accept(from: cell.assumingMemoryBound(to: Acceptor.self))
        }
    }

    private func dispatchOther(_ token: UInt64, _ readiness: Readiness) {
        if token == Token.channel {
            self.readChannel()
        } else if token == Token.store {
            self.storeIsReady(readiness)
        } else {
            self.wakeup.acknowledge()
            self.preparationEnded()
            self.passwordsCame()
            self.scansCame()
        }
    }

    /// Whoever schedules itself again waits for the next turn.
    private func runScheduled() {
        let clients = self.scheduledClients.count
        for index in 0..<clients {
            let client = self.scheduledClients[index]
            client.pointee.isScheduled = false
            self.serve(client)
        }
        if clients > 0 { self.scheduledClients.removeFirst(clients) }
        let exchanges = self.scheduledExchanges.count
        for index in 0..<exchanges {
            let exchange = self.scheduledExchanges[index]
            exchange.pointee.isScheduled = false
            if !exchange.pointee.isOver { self.continueExchange(exchange) }
        }
        if exchanges > 0 { self.scheduledExchanges.removeFirst(exchanges) }
    }

    private func expireTimers() {
        while let node = self.timers.expire(now: self.now) {
            guard let cell = Token.pointer(node.pointee.token) else { continue }
            switch node.pointee.token & Token.kindMask {
            case Token.client: self.clientTimedOut(cell.assumingMemoryBound(to: Client.self))
            case Token.exchange: self.exchangeTimedOut(cell.assumingMemoryBound(to: Exchange.self))
            default: self.upstreamTimedOut(cell.assumingMemoryBound(to: UpstreamConnection.self))
            }
        }
    }

    private func endTurn() {
        if self.store != nil { self.lookAtStore() }
        self.giveBackCells()
        self.giveBack(&self.spill)
        if self.accessLog.isDue(at: self.now) { self.accessLog.flush(counting: &self.counters.logDropped) }
        if self.drain != .serving { self.continueDraining() }
        if !self.watchedPools.isEmpty, self.now >= self.lastPoolLook + 20 {
            self.lastPoolLook = self.now
            self.endEjections()
            self.shareConnections()
        }
        if self.now >= self.lastHeartbeat + 1000 {
            self.lastHeartbeat = self.now
            self.report(.alive)
        }
    }

    /// Exchanges first: they point to their clients. Who is scheduled stays until its turn has come.
    private func giveBackCells() {
        if !self.closedExchanges.isEmpty {
            self.closedExchanges.removeAll { exchange in
                guard !exchange.pointee.isScheduled else { return false }
                exchange.deinitialize(count: 1)
                self.exchangeCells.deallocate(exchange)
                return true
            }
        }
        if !self.closedClients.isEmpty {
            self.closedClients.removeAll { client in
                guard !client.pointee.isScheduled, !client.isPending else { return false }
                self.freeSession(client)
                client.pointee.listener.release()
                client.pointee.identity?.release()
                client.pointee.tunnelRoute?.release()
                client.deinitialize(count: 1)
                self.clientCells.deallocate(client)
                return true
            }
        }
        guard !self.closedUpstreams.isEmpty else { return }
        self.closedUpstreams.removeAll { upstream in
            guard upstream.pointee.carrying.session?.pointee.isPending != true else { return false }
            self.freeSession(toUpstream: upstream)
            upstream.deinitialize(count: 1)
            self.upstreamCells.deallocate(upstream)
            return true
        }
    }

    /// Has a client looked at after this turn's events; twice is once.
    func schedule(_ client: ClientRef) {
        guard !client.pointee.isScheduled else { return }
        client.pointee.isScheduled = true
        self.scheduledClients.append(client)
    }

    /// The same for an exchange.
    func schedule(_ exchange: ExchangeRef) {
        guard !exchange.pointee.isScheduled else { return }
        exchange.pointee.isScheduled = true
        self.scheduledExchanges.append(exchange)
    }
}
