import GatewayModel
import JOSE
import Routing
import Synchronization

/// Whose tokens are taken, compiled.
final class JWTRule: Sendable {
    /// Somebody who signs tokens.
    struct Provider: Sendable {
        enum Keys: Sendable {
            case inline(KeySet)
            case remote(String)
        }

        let issuer: String
        let audiences: [String]
        let keys: Keys
        let algorithms: AlgorithmSet
        /// Seconds.
        let leeway: Int64
    }

    private static let serials = Atomic<UInt32>(0)

    private let policy: JWTPolicy
    private let providers: [Provider]
    private let places: CredentialPlaces
    /// The challenge where there is no token (RFC 6750 section 3.1).
    private let missing: [UInt8]
    /// Unlike that of any other rule of this process, so that nothing verified under one counts under another.
    private let serial: UInt32

    init(_ policy: JWTPolicy) throws(AccessFault) {
        self.policy = policy
        self.serial = Self.serials.wrappingAdd(1, ordering: .relaxed).newValue
        var providers: [Provider] = []
        for provider in policy.providers { providers.append(try Provider(provider)) }
        self.providers = providers
        self.places = CredentialPlaces(policy.sources)
        self.missing = Challenge.line("Bearer")
    }

    func test(_ request: RouteRequest, _ findings: AccessFindings, _ memory: AccessMemory) -> RuleOutcome {
        let shown = self.places.withCredential(request) { token in
            self.verify(token, memory, hasWaited: findings.hasWaitedForKeys)
        }
        // Also of requests that an observing policy would have refused: the token may be good elsewhere.
        if !self.policy.forwardsToken, !shown.isNothing { findings.stripped += self.places.stripped(request) }
        switch shown {
        case .nothing:
            return self.policy.isOptional ? .pass : .refused(.missingCredentials, lines: self.missing)
        case .several:
            return .refused(.ambiguousCredentials, lines: Challenge.bearer(.ambiguousCredentials, self.policy))
        case .one(.needsKeys(let uri)): return .waits(.keys(uri: uri))
        case .one(.refused(let reason)):
            return .refused(reason, lines: reason.status == 503 ? [] : Challenge.bearer(reason, self.policy))
        case .one(.good(let token)):
            return token._withUnsafeGuaranteedRef { token in
                findings.claims = token.claims
                findings.tell(token.lines)
                guard let lack = token.lack else { return .pass }
                return .refused(lack, lines: Challenge.bearer(lack, self.policy))
            }
        }
    }

    /// What verified tokens are kept under.
    private func scope(_ memory: AccessMemory) -> UInt64 { UInt64(self.serial) << 32 | UInt64(memory.keys.generation) }

    /// What comes of a token.
    enum Outcome {
        case good(Unmanaged<VerifiedToken>)
        case refused(AccessReason)
        /// The key set at this URL may have the key by now.
        case needsKeys(String)
    }

    /// Verifies a token, or finds it among those that were.
    ///
    /// - Parameter hasWaited: keys were waited for, and did not come.
    func verify(_ token: UnsafeRawBufferPointer, _ memory: AccessMemory, hasWaited: Bool) -> Outcome {
        let scope = self.scope(memory)
        if let known = memory.tokens.find(token, scope: scope) {
            let fault = known._withUnsafeGuaranteedRef { $0.fault(at: memory.now) }
            guard let fault else { return .good(known) }
            memory.tokens.remove(token, scope: scope)
            return .refused(AccessReason(fault))
        }
        do throws(TokenFault) {
            let parsed = try UnverifiedToken(parsing: token)
            let verified = try self.verified(parsed, memory, hasWaited: hasWaited)
            switch verified {
            case .token(let value):
                memory.tokens.insert(token, scope: scope, value)
                guard let kept = memory.tokens.find(token, scope: scope) else { return .refused(.invalidToken) }
                return .good(kept)
            case .other(let outcome): return outcome
            }
        } catch {
            return .refused(AccessReason(error))
        }
    }

    private enum Verified {
        case token(VerifiedToken)
        case other(Outcome)
    }

    /// Of several providers with this issuer the first whose keys and audiences fit counts; when none does, what the last one
    /// said.
    private func verified(
        _ token: borrowing UnverifiedToken, _ memory: AccessMemory, hasWaited: Bool
    ) throws(TokenFault) -> Verified {
        var fault = TokenFault.issuer
        var other: Outcome?
        for provider in self.providers where token.issuer == provider.issuer {
            guard let keys = self.keys(of: provider, memory) else {
                other = self.stronger(other, self.withoutKey(provider, memory, hasWaited: hasWaited))
                continue
            }
            do throws(TokenFault) {
                try token.verify(with: keys, algorithms: provider.algorithms)
                let claims = token.claims
                try claims.check(
                    issuer: provider.issuer, audiences: provider.audiences, leeway: provider.leeway, now: memory.now)
                return .token(VerifiedToken(claims, leeway: provider.leeway, self.policy))
            } catch .unknownKey {
                other = self.stronger(other, self.withoutKey(provider, memory, hasWaited: hasWaited))
            } catch {
                fault = error
            }
        }
        if let other { return .other(other) }
        throw fault
    }

    /// Of what two providers say, what may still turn out well: keys that can be asked for, then keys that cannot be had.
    private func stronger(_ one: Outcome?, _ other: Outcome) -> Outcome {
        switch (one, other) {
        case (.needsKeys?, _): one ?? other
        case (.refused(.keysUnreachable)?, .refused): one ?? other
        default: other
        }
    }

    private func keys(of provider: Provider, _ memory: AccessMemory) -> KeySet? {
        switch provider.keys {
        case .inline(let keys): keys
        case .remote(let uri): memory.keys.keys(uri)
        }
    }

    private func withoutKey(_ provider: Provider, _ memory: AccessMemory, hasWaited: Bool) -> Outcome {
        guard case .remote(let uri) = provider.keys else { return .refused(.tokenKeyUnknown) }
        switch memory.keys.advice(uri, at: memory.milliseconds) {
        case .ask where !hasWaited: return .needsKeys(uri)
        case .unknown: return .refused(.tokenKeyUnknown)
        case .ask, .unreachable: return .refused(.keysUnreachable)
        }
    }
}

extension JWTRule.Provider {
    fileprivate init(_ provider: JWTPolicy.Provider) throws(AccessFault) {
        self.issuer = provider.issuer
        self.audiences = provider.audiences
        self.algorithms = provider.algorithms.isEmpty ? .all : AlgorithmSet(provider.algorithms)
        self.leeway = Int64(clamping: provider.leeway / 1000)
        switch provider.keys {
        case .remote(let uri, _): self.keys = .remote(uri)
        case .inline(let text):
            do {
                let set = try KeySet(try JSON(parsing: Array(text.utf8)))
                if let problem = set.problems.first {
                    throw AccessFault("provider \(provider.name): a key cannot be used: \(problem)")
                }
                self.keys = .inline(set)
            } catch let fault as AccessFault {
                throw fault
            } catch {
                throw AccessFault("provider \(provider.name): its keys cannot be read")
            }
        }
    }
}

extension Challenge {
    /// RFC 6750 section 3.
    fileprivate static func bearer(_ reason: AccessReason, _ policy: JWTPolicy) -> [UInt8] {
        let error =
            reason == .ambiguousCredentials
            ? "invalid_request" : reason == .insufficientScope ? "insufficient_scope" : "invalid_token"
        let scope = reason == .insufficientScope ? ", scope=\"\(policy.scopes.joined(separator: " "))\"" : ""
        return Self.line("Bearer error=\"\(error)\", error_description=\"\(reason.detail)\"\(scope)")
    }
}

extension AccessReason {
    fileprivate init(_ fault: TokenFault) {
        self =
            switch fault {
            case .malformed, .tooLarge, .critical, .missingExpiry: .invalidToken
            case .algorithm: .tokenAlgorithm
            case .unknownKey: .tokenKeyUnknown
            case .signature: .tokenSignature
            case .expired: .tokenExpired
            case .notYetValid: .tokenNotYetValid
            case .issuer: .tokenIssuer
            case .audience: .tokenAudience
            }
    }
}
