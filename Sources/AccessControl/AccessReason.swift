/// Why a request is kept out: the stable code that stands in the problem document, the log and the metrics.
package enum AccessReason: UInt8, CaseIterable, Sendable {
    // Nobody is known: 401.
    case missingCredentials, ambiguousCredentials, invalidCredentials, invalidAPIKey
    case invalidToken, tokenAlgorithm, tokenKeyUnknown, tokenSignature, tokenExpired, tokenNotYetValid, tokenIssuer,
        tokenAudience
    // Somebody is known, and may not: 403.
    case insufficientScope, claimMismatch, consumerDenied, certificateRequired, certificateDenied
    case addressDenied, authorizationDenied, originDenied, extAuthDenied
    // Nobody can tell: 503.
    case keysUnreachable, extAuthUnreachable, authenticationOverloaded

    package var code: StaticString {
        switch self {
        case .missingCredentials: "missing-credentials"
        case .ambiguousCredentials: "ambiguous-credentials"
        case .invalidCredentials: "invalid-credentials"
        case .invalidAPIKey: "invalid-api-key"
        case .invalidToken: "invalid-token"
        case .tokenAlgorithm: "token-algorithm"
        case .tokenKeyUnknown: "token-key-unknown"
        case .tokenSignature: "token-signature"
        case .tokenExpired: "token-expired"
        case .tokenNotYetValid: "token-not-yet-valid"
        case .tokenIssuer: "token-issuer"
        case .tokenAudience: "token-audience"
        case .insufficientScope: "insufficient-scope"
        case .claimMismatch: "claim-mismatch"
        case .consumerDenied: "consumer-denied"
        case .certificateRequired: "certificate-required"
        case .certificateDenied: "certificate-denied"
        case .addressDenied: "address-denied"
        case .authorizationDenied: "authorization-denied"
        case .originDenied: "origin-denied"
        case .extAuthDenied: "ext-auth-denied"
        case .keysUnreachable: "jwks-unreachable"
        case .extAuthUnreachable: "ext-auth-unreachable"
        case .authenticationOverloaded: "authentication-overloaded"
        }
    }

    package var status: UInt16 {
        switch self {
        case .missingCredentials, .ambiguousCredentials, .invalidCredentials, .invalidAPIKey, .invalidToken,
            .tokenAlgorithm,
            .tokenKeyUnknown, .tokenSignature, .tokenExpired, .tokenNotYetValid, .tokenIssuer, .tokenAudience:
            401
        case .insufficientScope, .claimMismatch, .consumerDenied, .certificateRequired, .certificateDenied,
            .addressDenied, .authorizationDenied, .originDenied, .extAuthDenied:
            403
        case .keysUnreachable, .extAuthUnreachable, .authenticationOverloaded: 503
        }
    }

    package var detail: StaticString {
        switch self {
        case .missingCredentials: "The request shows no credentials, and this route asks for them."
        case .ambiguousCredentials: "The request shows credentials more than once."
        case .invalidCredentials: "User name or password is wrong."
        case .invalidAPIKey: "The API key is not known."
        case .invalidToken: "The token cannot be read."
        case .tokenAlgorithm: "The token is signed in a way that is not taken here."
        case .tokenKeyUnknown: "The token is signed with a key that its issuer does not publish."
        case .tokenSignature: "The token's signature is wrong."
        case .tokenExpired: "The token has expired."
        case .tokenNotYetValid: "The token is not valid yet."
        case .tokenIssuer: "The token is from an issuer that is not trusted here."
        case .tokenAudience: "The token is meant for somebody else."
        case .insufficientScope: "The token lacks a scope that this route asks for."
        case .claimMismatch: "The token lacks a claim that this route asks for."
        case .consumerDenied: "This consumer may not call here."
        case .certificateRequired: "This route asks for a client certificate, and the connection has proved none."
        case .certificateDenied: "The client certificate is not one that may call here."
        case .addressDenied: "Requests from this address are not taken."
        case .authorizationDenied: "No rule lets this request pass."
        case .originDenied: "The request changes something and comes from a page of another origin."
        case .extAuthDenied: "The authorization service has refused the request."
        case .keysUnreachable: "The keys of the token's issuer could not be fetched."
        case .extAuthUnreachable: "The authorization service could not be asked."
        case .authenticationOverloaded: "Too many passwords wait to be checked."
        }
    }
}
