package import GatewayModel

/// Ejects endpoints that requests show to be broken, and lets them back.
///
/// ```
/// used ──threshold in a row──▶ ejected ──its time is over, at the next check──▶ used
/// ```
package struct OutlierDetector {
    /// What a request came to.
    package enum Outcome: Sendable {
        case success
        /// A status of 500 and above but for those of gateways.
        case serverError
        /// 502, 503 or 504.
        case gatewayError
        /// No answer at all.
        case failure
    }

    private struct Place {
        var errors = 0
        var gatewayErrors = 0
        /// Milliseconds at which the ejection is over; `nil`: in use.
        var ejectedUntil: UInt64?
        /// How often it was ejected, less one for each check that it stayed in.
        var ejections: UInt64 = 0
    }

    /// Milliseconds; no ejection is longer unless its base is.
    private static let longest: UInt64 = 300_000

    private let settings: PassiveCheck
    private var places: [Place] = []
    private var ejectedCount = 0
    /// When ejections are looked at next, in milliseconds; `nil`: there is nothing to end.
    package private(set) var nextCheck: UInt64?

    package init(_ settings: PassiveCheck) { self.settings = settings }

    /// Makes room for so many places.
    package mutating func replace(count: Int) {
        while self.places.count < count { self.places.append(Place()) }
    }

    /// Somebody else is in that place now.
    package mutating func reset(_ place: Int) {
        guard self.places.indices.contains(place) else { return }
        if self.places[place].ejectedUntil != nil { self.ejectedCount -= 1 }
        self.places[place] = Place()
    }

    package func isEjected(_ place: Int) -> Bool {
        self.places.indices.contains(place) && self.places[place].ejectedUntil != nil
    }

    /// Takes note of what a request came to.
    ///
    /// - Parameter endpointCount: how many endpoints the upstream has, for the share that may be ejected.
    /// - Returns: whether the endpoint is to be ejected now.
    package mutating func record(_ place: Int, _ outcome: Outcome, of endpointCount: Int, now: UInt64) -> Bool {
        guard self.places.indices.contains(place) else { return false }
        switch outcome {
        case .success:
            self.places[place].errors = 0
            self.places[place].gatewayErrors = 0
            return false
        case .serverError:
            self.places[place].errors &+= 1
            self.places[place].gatewayErrors = 0
        case .gatewayError, .failure:
            self.places[place].errors &+= 1
            self.places[place].gatewayErrors &+= 1
        }
        guard self.places[place].ejectedUntil == nil, self.isOver(self.places[place]),
            self.mayEject(of: endpointCount)
        else { return false }
        self.eject(place, now: now)
        return true
    }

    /// Ends the ejections whose time is over.
    package mutating func endOverdue(now: UInt64, _ body: (Int) -> Void) {
        guard let check = self.nextCheck, check <= now else { return }
        var isNeeded = false
        for index in self.places.indices {
            if let until = self.places[index].ejectedUntil {
                guard until <= now else {
                    isNeeded = true
                    continue
                }
                self.places[index].ejectedUntil = nil
                self.places[index].errors = 0
                self.places[index].gatewayErrors = 0
                self.ejectedCount -= 1
                isNeeded = true
                body(index)
            } else if self.places[index].ejections > 0 {
                self.places[index].ejections -= 1
                isNeeded = isNeeded || self.places[index].ejections > 0
            }
        }
        self.nextCheck = isNeeded ? now &+ self.settings.interval : nil
    }

    private func isOver(_ place: Place) -> Bool {
        self.settings.consecutive5xx > 0 && place.errors >= self.settings.consecutive5xx
            || self.settings.consecutiveGatewayErrors > 0
                && place.gatewayErrors >= self.settings.consecutiveGatewayErrors
    }

    /// One may always be ejected where any may and it is not the last.
    private func mayEject(of endpointCount: Int) -> Bool {
        guard self.settings.maxEjectionPercent > 0, self.ejectedCount + 1 < endpointCount else { return false }
        return self.ejectedCount == 0
            || (self.ejectedCount + 1) * 100 <= self.settings.maxEjectionPercent * endpointCount
    }

    private mutating func eject(_ place: Int, now: UInt64) {
        self.places[place].ejections &+= 1
        let (product, overflow) = self.settings.baseEjectionTime.multipliedReportingOverflow(
            by: self.places[place].ejections)
        let time = min(overflow ? .max : product, max(Self.longest, self.settings.baseEjectionTime))
        self.places[place].ejectedUntil = now &+ time
        self.ejectedCount += 1
        self.nextCheck = min(self.nextCheck ?? .max, now &+ self.settings.interval)
    }
}
