/// Why a token is refused. Stable: reason codes of answers, logs and metrics are made of it.
package enum TokenFault: UInt8, CaseIterable, Error, Sendable {
    /// Not three parts of base64url, not JSON, not an object, a claim of the wrong type, or a header that asks for what is
    /// no signed token (`zip`, `enc`, a foreign `typ`).
    case malformed
    /// Longer than a token may be; found out before anything else.
    case tooLarge
    /// An algorithm that is unknown, not allowed here, or not one of the key.
    case algorithm
    /// `crit` or `b64`: extensions that must be understood (RFC 7515 section 4.1.11), and are not.
    case critical
    /// No key has this `kid`, or there is no key at all.
    case unknownKey
    /// The signature is not that of the key.
    case signature
    /// `exp` is past (RFC 7519 section 4.1.4).
    case expired
    /// `nbf` is still to come (RFC 7519 section 4.1.5).
    case notYetValid
    /// There is no `exp`: such a token would be good for ever.
    case missingExpiry
    /// `iss` is another or missing (RFC 7519 section 4.1.1).
    case issuer
    /// `aud` has none of the audiences or is missing (RFC 7519 section 4.1.3).
    case audience
}
