/// How much, how, and what is let through besides who calls; listeners and routes attach it by name.
package struct TrafficPolicy: Hashable, Sendable {
    /// Unique among all policies, those on access included.
    package let name: String
    /// It is evaluated, counted and logged, and lets every request pass.
    package let observe: Bool
    package let settings: Settings

    /// By type.
    package enum Settings: Hashable, Sendable {
        case rateLimit(RateLimitPolicy)
        case concurrency(ConcurrencyPolicy)
        case body(BodyPolicy)
        case waf(WAFPolicy)
        case headers(HeadersPolicy)
        case compression(CompressionPolicy)
        case fault(FaultPolicy)
    }
}

extension TrafficPolicy {
    static let fields = ["type", "observe"] + PolicyType.allCases.map(\.field)

    /// As documents name it.
    package enum PolicyType: String, CaseIterable, Sendable {
        case rateLimit = "rate-limit"
        case concurrency, body, waf, headers, compression, fault

        /// Where its settings stand: the type in camelCase.
        package var field: String { self == .rateLimit ? "rateLimit" : self.rawValue }

        /// Every setting has a default.
        fileprivate var needsNoSettings: Bool { self == .compression || self == .waf }

        /// It refuses requests, so that there is something to observe.
        fileprivate var refuses: Bool {
            switch self {
            case .rateLimit, .concurrency, .body, .waf: true
            case .headers, .compression, .fault: false
            }
        }
    }

    package var type: PolicyType {
        switch self.settings {
        case .rateLimit: .rateLimit
        case .concurrency: .concurrency
        case .body: .body
        case .waf: .waf
        case .headers: .headers
        case .compression: .compression
        case .fault: .fault
        }
    }

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let type = reader.required("type") { collector.word($0, PolicyType.self) }
        let observe = reader.read("observe", default: false) { collector.boolean($0) }
        guard let type else {
            for other in PolicyType.allCases { _ = reader.value(other.field) }
            return nil
        }
        for other in PolicyType.allCases where other != type && reader.value(other.field) != nil {
            reader.fault(other.field, "conflict", "the type here is \(type.rawValue)")
        }
        if observe, !type.refuses {
            reader.fault("observe", "conflict", "\(type.rawValue) refuses no request: there is nothing to observe")
        }
        let json = reader.value(type.field)
        if json == nil, !type.needsNoSettings {
            reader.fault(type.field, "required", "\(type.field) is required")
            return nil
        }
        let settings = collector.inside(.member(type.field)) {
            collector.object(json ?? [:]) { Settings(type, &$0) }
        }
        guard let settings else { return nil }
        self.init(name: name, observe: observe, settings: settings)
    }
}

extension TrafficPolicy.Settings {
    fileprivate init?(_ type: TrafficPolicy.PolicyType, _ reader: inout ObjectReader) {
        let settings: Self? =
            switch type {
            case .rateLimit: RateLimitPolicy(&reader).map { .rateLimit($0) }
            case .concurrency: ConcurrencyPolicy(&reader).map { .concurrency($0) }
            case .body: BodyPolicy(&reader).map { .body($0) }
            case .waf: WAFPolicy(&reader).map { .waf($0) }
            case .headers: HeadersPolicy(&reader).map { .headers($0) }
            case .compression: CompressionPolicy(&reader).map { .compression($0) }
            case .fault: FaultPolicy(&reader).map { .fault($0) }
            }
        guard let settings else { return nil }
        self = settings
    }
}
