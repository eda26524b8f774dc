/// The kinds of resource that this version has.
package enum ResourceKind: String, CaseIterable, Sendable, Comparable {
    case listener, upstream, route, certificate
    case authPolicy = "auth-policy"
    case trafficPolicy = "traffic-policy"
    case consumer

    /// As it stands in paths: `/v1/routes`.
    package var plural: String {
        switch self {
        case .authPolicy: "auth-policies"
        case .trafficPolicy: "traffic-policies"
        case .listener, .upstream, .route, .certificate, .consumer: self.rawValue + "s"
        }
    }

    /// Listeners and routes name policies without saying of which kind: a name belongs to one of them.
    package static let policies = [ResourceKind.authPolicy, .trafficPolicy]

    /// The kind of a path segment; `nil` when there is none.
    package init?(plural: String) {
        guard let kind = Self.allCases.first(where: { $0.plural == plural }) else { return nil }
        self = kind
    }

    /// The fields that are written and never read: nobody is shown them, and no disk has them in the clear.
    package var secretFields: [String] {
        switch self {
        case .certificate: ["privateKey"]
        case .authPolicy, .consumer: [Secrets.field]
        case .listener, .upstream, .route, .trafficPolicy: []
        }
    }

    /// All kinds, each after those that it may refer to: the order in which a configuration can be built up.
    package static let inDependencyOrder = Self.allCases.sorted { ($0.level, $0) < ($1.level, $1) }

    private var level: Int {
        switch self {
        case .certificate, .consumer: 0
        case .trafficPolicy: 1
        case .upstream: 2
        case .authPolicy: 3
        case .listener: 4
        case .route: 5
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a resource is found by.
package struct ResourceKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Names are unique within a kind.
    package let kind: ResourceKind
    /// As `isName` allows.
    package let name: String

    package init(kind: ResourceKind, name: String) {
        self.kind = kind
        self.name = name
    }

    package var description: String { "\(self.kind.rawValue) \(self.name)" }

    /// By the name alone: it is all that tells a hundred thousand routes apart.
    package func hash(into hasher: inout Hasher) { hasher.combine(self.name) }

    package static func < (left: Self, right: Self) -> Bool {
        (left.kind, left.name) < (right.kind, right.name)
    }

    /// Whether the text may be a resource's name.
    package static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        return first.isAlphanumeric && last.isAlphanumeric
            && bytes.allSatisfy { $0.isAlphanumeric || $0 == 0x2D || $0 == 0x2E }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool { (0x61...0x7A).contains(self) || (0x30...0x39).contains(self) }
}
