import CJOSE
import GatewayModel

extension JWK {
    /// The key in the C library, to be freed by who takes it, and what it may be used for.
    func made() throws(KeyProblem) -> (OpaquePointer, AlgorithmSet) {
        let fitting: AlgorithmSet
        let handle: OpaquePointer?
        switch self.type {
        case .rsa:
            fitting = try self.allowed([.rs256, .rs384, .rs512, .ps256, .ps384, .ps512])
            handle = try self.madeRSA()
        case .curve: (handle, fitting) = try self.madeCurve()
        case .edwards:
            fitting = try self.allowed([.edDSA])
            handle = try self.madeEdwards()
        case .secret: (handle, fitting) = try self.madeSecret()
        }
        guard let handle else { throw KeyProblem("its numbers make no key") }
        return (handle, fitting)
    }

    /// Those of the type, or the one that the key is for.
    private func allowed(_ fitting: [JWTAlgorithm]) throws(KeyProblem) -> AlgorithmSet {
        guard let algorithm = self.algorithm else { return AlgorithmSet(fitting) }
        guard fitting.contains(algorithm) else { throw KeyProblem("it cannot be used for \(algorithm.rawValue)") }
        return AlgorithmSet([algorithm])
    }

    /// RFC 7518 section 3.3 wants 2,048 bits; above 8,192 a signature would cost a stranger little and us much, and so would
    /// a long exponent. With the exponent 1 anything is signed.
    private func madeRSA() throws(KeyProblem) -> OpaquePointer? {
        let modulus = Array(try self.bytes("n").drop { $0 == 0 })
        let exponent = Array(try self.bytes("e").drop { $0 == 0 })
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard (2048...8192).contains(bits) else { throw KeyProblem("RSA of \(bits) bits: 2048 to 8192 are used") }
        guard let last = exponent.last, last & 1 == 1, exponent != [1], exponent.count <= 4 else {
            throw KeyProblem("its exponent is not an odd number above 1 of at most 32 bits")
        }
        guard modulus.last.map({ $0 & 1 == 1 }) == true else { throw KeyProblem("its modulus is even") }
        return sluice_jose_rsa(modulus, modulus.count, exponent, exponent.count)
    }

    /// RFC 7518 section 6.2: coordinates have the size of the field, and the curve says which algorithm it is.
    private func madeCurve() throws(KeyProblem) -> (OpaquePointer?, AlgorithmSet) {
        let (algorithm, size): (JWTAlgorithm, Int)
        switch try self.curve() {
        case "P-256": (algorithm, size) = (.es256, 32)
        case "P-384": (algorithm, size) = (.es384, 48)
        case "P-521": (algorithm, size) = (.es512, 66)
        case let name: throw KeyProblem("the curve \(name.quoted) is not used")
        }
        let allowed = try self.allowed([algorithm])
        let (x, y) = (try self.bytes("x"), try self.bytes("y"))
        guard x.count == size, y.count == size else { throw KeyProblem("a coordinate has not \(size) bytes") }
        return (sluice_jose_ec(Int32(algorithm.ordinal), x, y, size), allowed)
    }

    /// RFC 8037 section 2.
    private func madeEdwards() throws(KeyProblem) -> OpaquePointer? {
        let curve = try self.curve()
        guard curve == "Ed25519" else { throw KeyProblem("the curve \(curve.quoted) is not used") }
        let point = try self.bytes("x")
        guard point.count == 32 else { throw KeyProblem("x has not 32 bytes") }
        return sluice_jose_ed25519(point)
    }

    /// RFC 7518 section 3.2: a secret is at least as long as the digest.
    private func madeSecret() throws(KeyProblem) -> (OpaquePointer?, AlgorithmSet) {
        let secret = try self.bytes("k")
        let sizes: [(JWTAlgorithm, Int)] = [(.hs256, 32), (.hs384, 48), (.hs512, 64)]
        let fitting = sizes.filter { secret.count >= $0.1 }.map(\.0)
        guard !fitting.isEmpty, secret.count <= 4096 else {
            throw KeyProblem("a secret of \(secret.count) bytes: 32 to 4096 are used")
        }
        let allowed = try self.allowed(fitting)
        return (sluice_jose_secret(secret, secret.count), allowed)
    }
}
