import AccessControl

extension Reason {
    init(_ reason: AccessReason) {
        self =
            switch reason {
            case .missingCredentials: .missingCredentials
            case .ambiguousCredentials: .ambiguousCredentials
            case .invalidCredentials: .invalidCredentials
            case .invalidAPIKey: .invalidAPIKey
            case .invalidToken: .invalidToken
            case .tokenAlgorithm: .tokenAlgorithm
            case .tokenKeyUnknown: .tokenKeyUnknown
            case .tokenSignature: .tokenSignature
            case .tokenExpired: .tokenExpired
            case .tokenNotYetValid: .tokenNotYetValid
            case .tokenIssuer: .tokenIssuer
            case .tokenAudience: .tokenAudience
            case .insufficientScope: .insufficientScope
            case .claimMismatch: .claimMismatch
            case .consumerDenied: .consumerDenied
            case .certificateRequired: .certificateRequired
            case .certificateDenied: .certificateDenied
            case .addressDenied: .addressDenied
            case .authorizationDenied: .authorizationDenied
            case .originDenied: .originDenied
            case .extAuthDenied: .extAuthDenied
            case .keysUnreachable: .keysUnreachable
            case .extAuthUnreachable: .extAuthUnreachable
            case .authenticationOverloaded: .authenticationOverloaded
            }
    }

    /// `nil`: no access rule is behind it.
    var access: AccessReason? { AccessReason.allCases.first { Reason($0) == self } }
}
