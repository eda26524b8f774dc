package import GatewayModel

/// Chooses an endpoint of an upstream for a request.
///
/// Endpoints are known by their place. What a choice needs is laid out whenever they, their weights or their health change,
/// so that a choice costs the same among ten and among a thousand and takes no memory.
package struct Balancer: ~Copyable {
    /// Steps in which a weight grows during slow start.
    private static let slowSteps: UInt64 = 20
    /// Below so many percent of usable endpoints the backups take over: at an over-provisioning of 1.4, as Envoy has it.
    private static let overprovisioning = 140

    private let algorithm: LoadBalancing.Algorithm
    private let slowStart: UInt64
    private let panicThreshold: Int
    private var places: [Place] = []
    private var first = Tier()
    private var backups = Tier()
    /// Of 2³², how much goes to the first tier.
    private var firstShare: UInt64 = 1 << 32
    /// When a weight has grown by another step; `.max`: none grows.
    private var nextStep: UInt64 = .max
    /// How many endpoints are used for what they are, not for panic.
    package private(set) var usableCount = 0
    /// So few endpoints are usable that all are used.
    package private(set) var isPanicking = false

    fileprivate struct Place {
        var endpoint: BalancedEndpoint
        var isUsable = true
        var inFlight = 0
        var latency = PeakLatency()
        /// When it came or came back, in milliseconds; only while its weight grows.
        var since: UInt64?
        var isThere = true
    }

    /// - Parameter panicThreshold: when fewer percent of the endpoints are usable, all are used; 0: never.
    package init(_ settings: LoadBalancing, panicThreshold: Int) {
        self.algorithm = settings.algorithm
        self.slowStart = settings.slowStart
        self.panicThreshold = panicThreshold
    }

    // MARK: Endpoints

    /// Puts endpoints in their places; `nil` where nobody is. An endpoint whose key stays keeps its load, latency and health.
    package mutating func replace(_ endpoints: [BalancedEndpoint?], now: UInt64) {
        let isFirstList = self.places.isEmpty
        for (index, endpoint) in endpoints.enumerated() {
            let known = index < self.places.count ? self.places[index] : nil
            guard let endpoint else {
                if known != nil { self.places[index].isThere = false } else { self.places.append(.absent) }
                continue
            }
            if let known, known.isThere, known.endpoint.key == endpoint.key {
                self.places[index].endpoint = endpoint
                continue
            }
            // The endpoints that an upstream begins with all start alike.
            let place = Place(endpoint: endpoint, since: isFirstList || self.slowStart == 0 ? nil : now)
            if known != nil { self.places[index] = place } else { self.places.append(place) }
        }
        for index in self.places.indices.dropFirst(endpoints.count) { self.places[index].isThere = false }
        self.layOut(now: now)
    }

    /// Takes an endpoint out of use, or back.
    package mutating func setUsable(_ place: Int, _ isUsable: Bool, now: UInt64) {
        guard self.places.indices.contains(place), self.places[place].isUsable != isUsable else { return }
        self.places[place].isUsable = isUsable
        if isUsable, self.slowStart > 0 { self.places[place].since = now }
        self.layOut(now: now)
    }

    package func isUsable(_ place: Int) -> Bool {
        self.places.indices.contains(place) && self.places[place].isThere && self.places[place].isUsable
    }

    // MARK: Requests

    /// The endpoint for the next request.
    ///
    /// - Parameter random: 64 random bits.
    /// - Parameter hash: of what requests with the same endpoint have in common; consistent hashing alone uses it.
    /// - Parameter tried: another one is chosen where there is one.
    /// - Parameter now: milliseconds.
    /// - Returns: `nil` when no endpoint has a weight and may be used.
    package mutating func pick(
        _ random: UInt64, hash: UInt64?, avoiding tried: TriedEndpoints, now: UInt64
    ) -> Int? {
        if now >= self.nextStep { self.layOut(now: now) }
        let key = hash ?? random
        let usesFirst = self.firstShare == 1 << 32 || (key &* 0x9E37_79B9_7F4A_7C15) >> 32 < self.firstShare
        guard let place = self.pick(usesFirst, random, key) else { return nil }
        return tried.contains(place) ? self.another(usesFirst, than: place, random, key, tried) : place
    }

    /// Counts a request that went to an endpoint.
    package mutating func started(_ place: Int) {
        guard self.places.indices.contains(place) else { return }
        self.places[place].inFlight &+= 1
    }

    /// Counts a request that is over; what never started takes nothing away.
    ///
    /// - Parameter microseconds: to the head of its answer; `nil` when there was none.
    package mutating func finished(_ place: Int, took microseconds: UInt64?, now: UInt64) {
        guard self.places.indices.contains(place) else { return }
        if self.places[place].inFlight > 0 { self.places[place].inFlight &-= 1 }
        guard self.algorithm == .peakEWMA else { return }
        self.places[place].latency.add(microseconds ?? PeakLatency.failure, now: now)
    }

    // MARK: Choosing

    private mutating func pick(_ usesFirst: Bool, _ random: UInt64, _ key: UInt64) -> Int? {
        switch self.algorithm {
        case .roundRobin: return usesFirst ? self.first.turns.next() : self.backups.turns.next()
        case .random: return usesFirst ? self.first.lots.one(random) : self.backups.lots.one(random)
        case .consistentHash: return usesFirst ? self.first.ring.place(for: key) : self.backups.ring.place(for: key)
        case .leastRequest, .peakEWMA:
            let (one, other) = usesFirst ? self.first.lots.pair(random) : self.backups.lots.pair(random)
            guard let one, let other, one != other else { return one ?? other }
            return self.isBetter(other, than: one) ? other : one
        }
    }

    /// The less busy of two endpoints drawn by weight keeps the longest queue short without a scan (Mitzenmacher, "The
    /// Power of Two Choices", 2001).
    private func isBetter(_ other: Int, than one: Int) -> Bool {
        let (left, right) = (self.places[other], self.places[one])
        guard self.algorithm == .peakEWMA else {
            // Idle endpoints are equal, whatever their weight: the draw has already honoured it.
            return Self.product(left.inFlight, right.endpoint.weight)
                < Self.product(right.inFlight, left.endpoint.weight)
        }
        return left.cost < right.cost
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }

    /// One that was not tried, if there is one: by the algorithm's own next choice, then any.
    private mutating func another(
        _ usesFirst: Bool, than place: Int, _ random: UInt64, _ key: UInt64, _ tried: TriedEndpoints
    ) -> Int? {
        if self.algorithm == .consistentHash {
            let ring = usesFirst ? self.first.ring : self.backups.ring
            if let next = ring.place(for: key, where: { !tried.contains($0) }) { return next }
        } else {
            var bits = random
            for _ in 0..<4 {
                bits = (bits ^ bits >> 29) &* 0xBF58_476D_1CE4_E5B9
                if let next = self.pick(usesFirst, bits, key), !tried.contains(next) { return next }
            }
        }
        let offset = Int(truncatingIfNeeded: random >> 33)
        for members in [
            usesFirst ? self.first.members : self.backups.members, self.first.members, self.backups.members,
        ]
        where !members.isEmpty {
            for step in members.indices {
                let next = Int(members[(offset &+ step) % members.count])
                if !tried.contains(next) { return next }
            }
        }
        return place
    }

    // MARK: Layout

    private mutating func layOut(now: UInt64) {
        let there = self.places.indices.filter { self.places[$0].isThere && self.places[$0].endpoint.weight > 0 }
        let usable = there.filter { self.places[$0].isUsable }
        self.usableCount = usable.count
        self.isPanicking = usable.count * 100 < self.panicThreshold * there.count
        let used = self.isPanicking ? there : usable
        let primaries = there.filter { !self.places[$0].endpoint.isBackup }
        let (main, spare) = (
            used.filter { !self.places[$0].endpoint.isBackup }, used.filter { self.places[$0].endpoint.isBackup }
        )
        let healthy = self.isPanicking ? primaries.count : main.count
        let percent = primaries.isEmpty ? 0 : min(100, healthy * Self.overprovisioning / primaries.count)
        self.firstShare = spare.isEmpty ? 1 << 32 : main.isEmpty ? 0 : UInt64(percent) * (1 << 32) / 100
        self.nextStep = .max
        let (mainWeights, spareWeights) = (self.weights(main, now: now), self.weights(spare, now: now))
        self.first.layOut(main, mainWeights, self.keys(main), self.algorithm)
        self.backups.layOut(spare, spareWeights, self.keys(spare), self.algorithm)
    }

    private func keys(_ members: [Int]) -> [UInt64] { members.map { self.places[$0].endpoint.key } }

    /// The weights as they are now. Where one grows all are taken a hundredfold, so that steps show in small ones.
    private mutating func weights(_ members: [Int], now: UInt64) -> [Int] {
        guard self.slowStart > 0 else { return members.map { self.places[$0].endpoint.weight } }
        return members.map { member in
            let whole = self.places[member].endpoint.weight &* 100
            guard let since = self.places[member].since else { return whole }
            let age = now &- min(since, now)
            guard age < self.slowStart else {
                self.places[member].since = nil
                return whole
            }
            let step = max(1, self.slowStart / Self.slowSteps)
            self.nextStep = min(self.nextStep, now &+ step &- age % step)
            // From a tenth on: an endpoint that gets nothing would never show that it works.
            let grown = max(self.slowStart / 10, age / step &* step)
            return max(1, Int(clamping: UInt64(clamping: whole) &* grown / self.slowStart))
        }
    }
}

extension Balancer.Place {
    /// The wait that another request may expect, for `peak-ewma`. An endpoint that has been asked and has never answered
    /// may take any time.
    fileprivate var cost: Double {
        let latency = self.latency.value > 0 || self.inFlight == 0 ? self.latency.value : PeakLatency.unknown
        return latency * Double(self.inFlight &+ 1)
    }

    fileprivate static var absent: Self {
        Self(endpoint: BalancedEndpoint(weight: 0, isBackup: false, key: 0), isThere: false)
    }
}

/// Endpoints that are used together, laid out for the algorithm in force.
private struct Tier {
    private(set) var members: [Int32] = []
    private(set) var lots = WeightedLots(places: [], weights: [])
    var turns = SmoothTurns()
    private(set) var ring = MaglevTable()

    mutating func layOut(_ places: [Int], _ weights: [Int], _ keys: [UInt64], _ algorithm: LoadBalancing.Algorithm) {
        self.members = places.compactMap { Int32(exactly: $0) }
        switch algorithm {
        case .roundRobin: self.turns.replace(self.members, weights)
        case .consistentHash: self.ring = MaglevTable(self.members, weights, keys)
        case .random, .leastRequest, .peakEWMA: self.lots = WeightedLots(places: self.members, weights: weights)
        }
    }
}
