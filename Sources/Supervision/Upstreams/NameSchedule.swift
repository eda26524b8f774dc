import GatewayModel
import Resolver

/// When one name is looked up, and what is known of it; time and answers are arguments.
///
/// The last good answer stays whatever fails: no such name, an empty answer, servers that fail or are silent. Where one
/// part of a name fails (IPv6, one target of SRV), that part stays and the others go on.
struct NameSchedule {
    static let least: UInt64 = 1_000
    /// What an answer lives that does not say so, as those of the hosts file, or that is not to be kept.
    static let unknownLife: UInt64 = 5_000
    /// Endpoints of one name that are used, backups last: whoever controls a zone does not control how much work it makes.
    static let mostEndpoints = 2_000

    /// What an answer changed.
    enum Outcome: Equatable {
        case unchanged
        case changed([UpstreamEndpoint])
        /// Nothing usable; why, for people.
        case failed(String)
    }

    private let refresh: UInt64
    private var parts: [String: [UpstreamEndpoint]] = [:]
    /// Sorted, each authority once; `nil` before the first good answer.
    private(set) var endpoints: [UpstreamEndpoint]?
    private var failures: UInt64 = 0
    /// `nil` while it is being looked up.
    private(set) var dueAt: Instant?

    /// Due at once.
    init(_ discovery: Discovery, at now: Instant) {
        self.refresh = max(discovery.refresh, Self.least)
        self.dueAt = now
    }

    mutating func started() { self.dueAt = nil }

    mutating func answered(_ answer: NameAnswer, at now: Instant) -> Outcome {
        let found = self.found(answer)
        let endpoints = Self.sorted(found.values.joined())
        guard !endpoints.isEmpty, answer.parts.contains(where: { $0.value.isFilled }) else {
            self.dueAt = now.advanced(by: min(Self.least << min(self.failures, 16), self.refresh))
            self.failures += 1
            return .failed(Self.reason(answer))
        }
        self.failures = 0
        let life = answer.seconds.map { UInt64($0) * 1000 } ?? 0
        self.dueAt = now.advanced(by: min(self.refresh, life > 0 ? life : Self.unknownLife))
        self.parts = found
        guard endpoints != self.endpoints else { return .unchanged }
        self.endpoints = endpoints
        return .changed(endpoints)
    }

    private func found(_ answer: NameAnswer) -> [String: [UpstreamEndpoint]] {
        var found: [String: [UpstreamEndpoint]] = [:]
        for (name, part) in answer.parts {
            switch part {
            case .found(let endpoints): found[name] = endpoints
            case .failed: found[name] = self.parts[name]
            }
        }
        return found
    }

    /// Of endpoints that come twice, the one that gets more.
    private static func sorted(_ endpoints: some Sequence<UpstreamEndpoint>) -> [UpstreamEndpoint] {
        var known: [String: UpstreamEndpoint] = [:]
        for endpoint in endpoints {
            let authority = endpoint.authority
            guard let other = known[authority] else {
                known[authority] = endpoint
                continue
            }
            let isBetter = other.isBackup == endpoint.isBackup ? endpoint.weight > other.weight : other.isBackup
            if isBetter { known[authority] = endpoint }
        }
        let kept = known.sorted { ($0.value.isBackup ? 1 : 0, $0.key) < ($1.value.isBackup ? 1 : 0, $1.key) }
            .prefix(Self.mostEndpoints)
        return kept.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func reason(_ answer: NameAnswer) -> String {
        for (_, part) in answer.parts.sorted(by: { $0.key < $1.key }) {
            if case .failed(let reason) = part { return reason }
        }
        return "the name has no addresses"
    }
}

extension NameAnswer.Part {
    fileprivate var isFilled: Bool { if case .found(let endpoints) = self { !endpoints.isEmpty } else { false } }
}
