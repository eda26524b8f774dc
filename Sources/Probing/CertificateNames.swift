import CProbeTLS
import GatewayModel
import Glibc

/// Names as C wants them.
final class CertificateNames {
    private var dns: [UnsafePointer<CChar>?]
    private var uris: [UnsafePointer<CChar>?]
    private let dnsList: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>
    private let uriList: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>
    let raw: UnsafeMutablePointer<cprobe_names>

    init(_ names: [UpstreamTLS.Name]) {
        self.dns = names.compactMap { if case .dns(let text) = $0 { UnsafePointer(strdup(text)) } else { nil } }
        self.uris = names.compactMap { if case .uri(let text) = $0 { UnsafePointer(strdup(text)) } else { nil } }
        self.dnsList = .allocate(capacity: self.dns.count)
        self.uriList = .allocate(capacity: self.uris.count)
        _ = self.dnsList.initialize(from: self.dns)
        _ = self.uriList.initialize(from: self.uris)
        self.raw = .allocate(capacity: 1)
        self.raw.initialize(
            to: cprobe_names(
                dns: self.dnsList.baseAddress, dns_count: self.dns.count, uris: self.uriList.baseAddress,
                uri_count: self.uris.count))
    }

    deinit {
        for text in self.dns + self.uris { free(UnsafeMutablePointer(mutating: text)) }
        self.dnsList.deallocate()
        self.uriList.deallocate()
        self.raw.deallocate()
    }
}
