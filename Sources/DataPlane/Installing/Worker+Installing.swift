import AccessControl
import Balancing
import GatewayModel
import GatewaySnapshot
import Glibc
import HTTPWire
import Reactor

extension Worker {
    func prepare(_ version: Int64, _ descriptors: [Int32]) {
        guard let payload = descriptors.first else {
            return self.report(.rejected(version: version, reasons: [.unexpected]))
        }
        switch self.installation.state {
        case .idle: self.startPreparation(version, payload)
        case .preparing(let earlier) where earlier.isAborted: self.installation.queue(version, payload)
        case .preparing, .prepared:
            Glibc.close(payload)
            self.report(.rejected(version: version, reasons: [.unexpected]))
        }
    }

    private func startPreparation(_ version: Int64, _ payload: Int32) {
        let preparation = Preparation(
            version: version, payload: payload, gateway: self.gateway, tickets: self.ticketKeys,
            hasStore: self.store != nil,
            wakeup: self.wakeup)
        guard preparation.start() else {
            Glibc.close(payload)
            return self.report(.rejected(version: version, reasons: [.unexpected]))
        }
        self.installation.state = .preparing(preparation)
    }

    /// The thread that compiled has signalled.
    func preparationEnded() {
        guard case .preparing(let preparation) = self.installation.state, let outcome = preparation.outcome else {
            return
        }
        self.installation.state = .idle
        guard !preparation.isAborted else {
            if let (version, payload) = self.installation.takeQueued() { self.startPreparation(version, payload) }
            return
        }
        switch outcome {
        case .rejected(let reasons):
            self.report(.rejected(version: preparation.version, reasons: reasons))
        case .prepared(let change, let listeners, let upstreams):
            self.installation.state = .prepared(change, listeners, upstreams, version: preparation.version)
            self.report(.prepared(version: preparation.version))
        }
    }

    func abortInstallation() {
        switch self.installation.state {
        case .idle: break
        case .preparing(let preparation): preparation.isAborted = true
        case .prepared: self.installation.state = .idle
        }
    }

    /// Puts the prepared configuration in force: from here on new requests are served by it.
    func commit(_ version: Int64) {
        guard case .prepared(let change, let listeners, let upstreams, version) = self.installation.state else {
            self.counters.invariantBroken += 1
            return
        }
        self.installation.state = .idle
        let earlier = self.gateway.identity
        let summary = self.gateway.commit(change)
        self.takeAccess()
        if self.gateway.identity != earlier { self.nameEndpoints() }
        for slot in summary.changedUpstreams { self.replacePool(slot, upstreams.contexts[slot]) }
        if !summary.changedUpstreams.isEmpty {
            self.watchedPools = self.pools.compactMap { $0 }.filter {
                $0.pointee.detector != nil || $0.pointee.breaker != nil
            }
        }
        for group in summary.changedGroups { self.replaceAcceptor(group, listeners.groups[group] ?? []) }
        self.report(.committed(version: version))
    }

    // MARK: Listeners

    private func replaceAcceptor(_ group: Int, _ runtimes: [ListenerRuntime]) {
        while self.acceptors.count <= group { self.acceptors.append(nil) }
        let listeners = self.gateway.groups[group]
        guard !listeners.isRemoved, let first = listeners.listeners.first else { return self.stopListening(group) }
        let settings = ListenerSettings(first, workers: self.settings.count)
        let acceptor = self.acceptors[group] ?? self.makeAcceptor(group, settings, runtimes)
        acceptor.pointee.settings = settings
        acceptor.pointee.listeners = runtimes
        acceptor.pointee.validations = runtimes.map(\.validationID)
        acceptor.pointee.checksListener = first.proto == .https
        acceptor.pointee.compression = listeners.compression.contains { $0 != nil } ? listeners.compression : []
        acceptor.pointee.access = listeners.access.contains { $0 != nil } ? listeners.access : []
        acceptor.pointee.faults = listeners.faults.contains { $0 != nil } ? listeners.faults : []
        acceptor.pointee.traffic = listeners.traffic.contains { $0 != nil } ? listeners.traffic : []
        acceptor.pointee.answers = listeners.answers.contains { $0 != nil } ? listeners.answers : []
        let cors = listeners.access.map { $0?.cors }
        acceptor.pointee.cors = cors.contains { $0 != nil } ? cors : []
        let address = ListenAddress(address: first.address.text, port: first.port)
        if acceptor.pointee.descriptor < 0, let sockets = self.installation.sockets.removeValue(forKey: address) {
            self.startListening(acceptor, sockets)
        }
    }

    private func makeAcceptor(
        _ group: Int, _ settings: ListenerSettings, _ runtimes: [ListenerRuntime]
    ) -> AcceptorRef {
        let acceptor = AcceptorRef.allocate(capacity: 1)
        let token = Token.make(acceptor, Token.acceptor)
        acceptor.initialize(
            to: Acceptor(
                token: token, group: group, settings: settings, listeners: runtimes, counters: AcceptorCounters()))
        self.acceptors[group] = acceptor
        return acceptor
    }

    private func startListening(_ acceptor: AcceptorRef, _ sockets: [Int32]) {
        var watched = sockets.filter { socket in
            Socket.setNoDelay(socket)
            if self.poller.addSource(socket, token: acceptor.pointee.token) { return true }
            Socket.close(socket)
            return false
        }
        guard !watched.isEmpty else { return }
        acceptor.pointee.descriptor = watched.removeFirst()
        acceptor.pointee.surplus = watched
    }

    /// Listens no more. Connections end after the request they are at.
    private func stopListening(_ group: Int) {
        guard let acceptor = self.acceptors[group], acceptor.pointee.descriptor >= 0 else { return }
        self.stopAccepting(acceptor)
        self.endIdleClients { $0.pointee.acceptor == acceptor }
    }

    /// Takes what had been connected already, then closes the listening sockets.
    func stopAccepting(_ acceptor: AcceptorRef) {
        guard acceptor.pointee.descriptor >= 0 else { return }
        var batches = 0
        while batches < 64, self.accept(from: acceptor) { batches += 1 }
        for socket in [acceptor.pointee.descriptor] + acceptor.pointee.surplus {
            // Closing alone would leave it watched while other processes hold it.
            self.poller.remove(socket)
            Socket.close(socket)
        }
        acceptor.pointee.descriptor = -1
        acceptor.pointee.surplus = []
    }
}

extension RejectedReason {
    fileprivate static let unexpected = RejectedReason(
        kind: nil, name: nil, message: "the worker was not ready for another update")
}

extension ListenerSettings {
    /// - Parameter workers: how many worker processes share what is limited for the replica.
    init(_ listener: Listener, workers: Int) {
        self.name = listener.name
        self.head = HeadLimits(
            bytes: listener.limits.headerBytes, targetBytes: listener.limits.headerBytes,
            fields: listener.limits.headerCount)
        self.hasOpening = listener.proto != .http || listener.proxyProtocol != .off
        self.hasRules =
            listener.healthCheckPath != nil || listener.clientAddress != .peer || listener.tls?.clientValidation != nil
        self.readsProxyHeader = listener.proxyProtocol != .off
        self.requiresProxyHeader = listener.proxyProtocol == .required
        self.handshakeTimeout = listener.limits.handshakeTimeout
        self.headerTimeout = listener.limits.headerTimeout
        self.bodyTimeout = listener.limits.bodyTimeout
        self.idleTimeout = listener.limits.idleTimeout
        self.requestsPerConnection = listener.limits.requestsPerConnection
        self.maxConcurrentStreams = listener.maxConcurrentStreams
        self.bodyBytes = listener.limits.bodyBytes.map { UInt64(clamping: $0) } ?? .max
        self.maxConnections = (listener.limits.maxConnections + workers - 1) / workers
    }
}
