package import GatewayModel

/// Where browsers reach a listener.
package struct PublicPort: Sendable {
    private let port: UInt16
    /// Somebody said so.
    private let isSaid: Bool

    package init(_ listener: Listener) {
        self.port = listener.publicPort ?? listener.port
        self.isSaid = listener.publicPort != nil
    }

    /// The port for requests that came to browsers' eyes with or without TLS. A proxy that ends TLS before the listener does so
    /// on another port: without `publicPort` that is taken to be the scheme's.
    ///
    /// - Parameter endsTLS: the listener itself does.
    package func seen(isSecure: Bool, endsTLS: Bool) -> UInt16 {
        if !self.isSaid, isSecure != endsTLS { return isSecure ? 443 : 80 }
        return self.port
    }
}

extension RedirectPlan {
    /// The port that is said, else that of a scheme that is said, else the one that clients see of the listener. `nil`: it is
    /// the scheme's own and left out.
    package func port(isSecure: Bool, listener: () -> UInt16) -> UInt16? {
        let usual: UInt16 = isSecure ? 443 : 80
        let port = self.port ?? (self.isSecure == nil ? listener() : usual)
        return port == usual ? nil : port
    }
}
