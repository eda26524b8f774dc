package import GatewayModel

extension Resource {
    /// What is wrong with the certificates, keys and lists in a resource: what only a look into them shows.
    ///
    /// It is asked when a resource is written, never when it is served: a certificate that ends in service stays there,
    /// for what to do about it is not the gateway's to decide.
    ///
    /// - Parameter now: seconds since 1970.
    package func certificateFaults(at now: Int64) -> [Fault] {
        switch self.spec {
        case .certificate(let certificate): certificate.faults(at: now)
        case .listener(let listener): listener.tls?.clientValidation?.faults ?? []
        case .upstream, .route, .authPolicy, .trafficPolicy, .consumer: []
        }
    }
}

extension Resource {
    /// What will soon be wrong with the certificates in a resource.
    ///
    /// - Parameter now: seconds since 1970.
    package func certificateWarnings(at now: Int64) -> [Fault] {
        guard case .certificate(let certificate) = self.spec, let chain = CertificateChain(pem: certificate.chain)
        else {
            return []
        }
        return (0..<chain.count).compactMap { chain.expiryWarning($0, at: now) }
    }
}

extension CertificateChain {
    private static var warnedAhead: Int64 { 30 * 86_400 }

    fileprivate func expiryWarning(_ index: Int, at now: Int64) -> Fault? {
        guard let end = self.validity(index)?.upperBound, end - now < Self.warnedAhead else { return nil }
        let days = max(0, (end - now) / 86_400)
        let detail =
            end < now
            ? "has expired at \(internetDate(end))"
            : "expires in \(days == 1 ? "1 day" : "\(days) days"), at \(internetDate(end))"
        return Fault(pointer: "/certificate", code: "expires", detail: "\(self.place(index)) \(detail)")
    }
}

extension Certificate {
    fileprivate func faults(at now: Int64) -> [Fault] {
        guard let chain = CertificateChain(pem: self.chain) else {
            return [Fault(pointer: "/certificate", code: "format", detail: "a certificate in it cannot be read")]
        }
        var faults = self.usage == .ca ? Self.authorityFaults(chain) : Self.orderFaults(chain)
        faults += (0..<chain.count).compactMap { Self.dateFault(chain, $0, at: now) }
        if let key = self.privateKey { faults += Self.keyFaults(chain, key) }
        if let response = self.ocspResponse { faults += Self.responseFaults(chain, response) }
        return faults
    }

    private static func authorityFaults(_ chain: borrowing CertificateChain) -> [Fault] {
        var faults: [Fault] = []
        for index in 0..<chain.count where !chain.isAuthority(index) {
            faults.append(
                Fault(
                    pointer: "/certificate", code: "conflict",
                    detail: "\(chain.place(index)) is no authority: it does not say CA:TRUE"))
        }
        return faults
    }

    private static func orderFaults(_ chain: borrowing CertificateChain) -> [Fault] {
        for index in 0..<(chain.count - 1) where !chain.isIssuedByNext(index) {
            return [
                Fault(
                    pointer: "/certificate", code: "conflict",
                    detail: "\(chain.place(index)) is not issued by the one behind it",
                    hint: "the certificate itself comes first, then what issued it, and so on")
            ]
        }
        return []
    }

    private static func dateFault(_ chain: borrowing CertificateChain, _ index: Int, at now: Int64) -> Fault? {
        guard let validity = chain.validity(index) else {
            return Fault(
                pointer: "/certificate", code: "format", detail: "\(chain.place(index)) has dates that make no sense")
        }
        if validity.contains(now) { return nil }
        let detail =
            now < validity.lowerBound
            ? "is not valid before \(internetDate(validity.lowerBound))"
            : "has expired at \(internetDate(validity.upperBound))"
        return Fault(pointer: "/certificate", code: "range", detail: "\(chain.place(index)) \(detail)")
    }

    private static func keyFaults(_ chain: borrowing CertificateChain, _ key: String) -> [Fault] {
        switch chain.hasKey(key) {
        case true?: []
        case false?:
            [
                Fault(
                    pointer: "/privateKey", code: "conflict", detail: "the key does not belong to the first certificate"
                )
            ]
        case nil: [Fault(pointer: "/privateKey", code: "format", detail: "the key cannot be read")]
        }
    }

    private static func responseFaults(_ chain: borrowing CertificateChain, _ response: [UInt8]) -> [Fault] {
        switch chain.hasResponse(response) {
        case true?: []
        case false?:
            [Fault(pointer: "/ocspResponse", code: "conflict", detail: "the response is about another certificate")]
        case nil:
            [Fault(pointer: "/ocspResponse", code: "format", detail: "it is no OCSP response, or one that says no")]
        }
    }
}

extension CertificateChain {
    /// "certificate 1 (CN=shop.example)"
    fileprivate func place(_ index: Int) -> String { "certificate \(index + 1) (\(self.subject(index)))" }
}

extension ClientValidation {
    fileprivate var faults: [Fault] {
        self.revocationLists.enumerated().compactMap { index, list in
            areRevocationLists(list)
                ? nil
                : Fault(
                    pointer: "/tls/clientValidation/crl/\(index)", code: "format",
                    detail: "a revocation list in it cannot be read")
        }
    }
}
