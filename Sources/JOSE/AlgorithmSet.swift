package import GatewayModel

/// Some of the algorithms: one bit for each, so that a look into it counts no references.
package struct AlgorithmSet: Hashable, Sendable {
    private let bits: UInt16

    private init(bits: UInt16) { self.bits = bits }

    package init(_ algorithms: some Sequence<JWTAlgorithm>) {
        self.bits = algorithms.reduce(0) { $0 | Self.bit($1) }
    }

    package static var all: AlgorithmSet { AlgorithmSet(JWTAlgorithm.allCases) }

    package var isEmpty: Bool { self.bits == 0 }

    package func contains(_ algorithm: JWTAlgorithm) -> Bool { self.bits & Self.bit(algorithm) != 0 }

    package func intersection(_ other: AlgorithmSet) -> AlgorithmSet { AlgorithmSet(bits: self.bits & other.bits) }

    private static func bit(_ algorithm: JWTAlgorithm) -> UInt16 { 1 << algorithm.ordinal }
}

extension JWTAlgorithm {
    /// The place in the list of algorithms, which is also that of the C part.
    var ordinal: UInt16 {
        switch self {
        case .rs256: 0
        case .rs384: 1
        case .rs512: 2
        case .ps256: 3
        case .ps384: 4
        case .ps512: 5
        case .es256: 6
        case .es384: 7
        case .es512: 8
        case .edDSA: 9
        case .hs256: 10
        case .hs384: 11
        case .hs512: 12
        }
    }
}
