import GatewayModel

extension Balancer {
    /// Sets the endpoints, by slot; `nil`: the slot is empty.
    ///
    /// Where the key of a slot stays, its load, latency, turns and health stay. An endpoint that is new is usable; it
    /// starts slowly if there were others before it.
    ///
    /// - Parameter now: milliseconds.
    package mutating func replace(_ endpoints: [BalancedEndpoint?], now: UInt64) {
        let isFirst = !self.states.contains { $0.counts }
        for slot in 0..<max(endpoints.count, self.states.count) {
            let endpoint = endpoints.indices.contains(slot) ? endpoints[slot] : nil
            if slot == self.states.count { self.states.append(Self.empty) }
            self.replace(slot, by: endpoint, warmsSince: isFirst || self.slowStart.window == 0 ? nil : now)
        }
        self.count()
        self.isLaidOut = false
    }

    private static var empty: EndpointState {
        var state = EndpointState(BalancedEndpoint(weight: 0, isBackup: false, key: 0))
        state.isPresent = false
        return state
    }

    private mutating func replace(_ slot: Int, by endpoint: BalancedEndpoint?, warmsSince: UInt64?) {
        guard let endpoint else {
            self.states[slot].isPresent = false
            return
        }
        let earlier = self.states[slot]
        let isSame = earlier.endpoint.key == endpoint.key
        if earlier.isPresent, isSame {
            self.states[slot].endpoint = endpoint
            return
        }
        self.states[slot] = EndpointState(endpoint)
        self.states[slot].warmsSince = warmsSince
        // It was gone and is back before its requests have ended.
        if isSame { self.states[slot].inFlight = earlier.inFlight }
    }

    /// Says whether an endpoint may be used; one that recovers starts slowly.
    ///
    /// - Parameter now: milliseconds.
    package mutating func setUsable(_ slot: Int, _ isUsable: Bool, now: UInt64) {
        guard self.states.indices.contains(slot), self.states[slot].isUsable != isUsable else { return }
        self.states[slot].isUsable = isUsable
        self.states[slot].warmsSince = isUsable && self.slowStart.window > 0 ? now : nil
        self.count()
        self.isLaidOut = false
    }

    private mutating func count() {
        self.load = PriorityLoad()
        for state in self.states where state.counts {
            if state.endpoint.isBackup {
                self.load.backup.all &+= 1
                self.load.backup.usable &+= state.isUsable ? 1 : 0
            } else {
                self.load.regular.all &+= 1
                self.load.regular.usable &+= state.isUsable ? 1 : 0
            }
        }
    }

    /// Whether there is such an endpoint and it may be used; one of weight 0 may, and never is.
    package func isUsable(_ slot: Int) -> Bool {
        self.states.indices.contains(slot) && self.states[slot].isPresent && self.states[slot].isUsable
    }

    /// How many endpoints may be used, backups among them; those of weight 0 do not count.
    package var usableCount: Int { self.load.usable }

    /// How many endpoints there are, usable or not; those of weight 0 do not count.
    package var endpointCount: Int { self.load.regular.all &+ self.load.backup.all }

    /// Whether all endpoints are used, because too few are usable.
    package var isPanicking: Bool { self.load.isPanicking(threshold: self.panicThreshold) }

    /// Counts a request that went to an endpoint.
    package mutating func started(_ slot: Int) {
        guard self.states.indices.contains(slot) else { return }
        self.states[slot].inFlight &+= 1
    }

    /// Counts a request that is over; what never started takes nothing away.
    ///
    /// - Parameters:
    ///   - microseconds: until the answer began; `nil`: there was none, which says nothing yet; see `failed`.
    ///   - now: milliseconds.
    package mutating func finished(_ slot: Int, took microseconds: UInt64?, now: UInt64) {
        guard self.states.indices.contains(slot), self.states[slot].inFlight > 0 else { return }
        self.states[slot].inFlight &-= 1
        guard self.settings.algorithm == .peakEWMA, let microseconds else { return }
        self.states[slot].latency.record(microseconds, now: now)
    }

    /// Takes note of a try that came to nothing. No answer is no quick answer: an endpoint that refuses everything must
    /// not look fast.
    package mutating func failed(_ slot: Int, now: UInt64) {
        guard self.settings.algorithm == .peakEWMA, self.states.indices.contains(slot) else { return }
        self.states[slot].latency.record(PeakLatency.silence, now: now)
    }

    /// Requests under way to an endpoint.
    package func inFlight(_ slot: Int) -> Int { self.states.indices.contains(slot) ? self.states[slot].inFlight : 0 }
}
