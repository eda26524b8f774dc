import ControlClient
import GatewayModel

/// Fetches key sets, each call on a thread of its own: providers that hang hold nobody else up.
///
/// TLS is verified, redirects are not followed, and a body is bounded: the URLs come from whoever may edit policies.
final class KeySetFetcher: Sendable {
    struct Report: Sendable {
        let uri: String
        let result: Result<[UInt8], Failure>
    }

    struct Failure: Error {
        let reason: String
    }

    /// Fetches that are under way at once.
    static let concurrency = 16
    private static let mostBytes = 256 * 1024
    private static let timeout = 5_000

    private let authorityFile: String?
    private let reports: Mailbox<Report>

    /// - Parameters:
    ///   - authorityFile: certificates to trust in place of the system's.
    ///   - wakeUp: rung when a report is there.
    init(authorityFile: String?, wakeUp: WakeUp) {
        self.authorityFile = authorityFile
        self.reports = Mailbox(wakeUp)
    }

    func start(_ uri: String) throws(SystemError) {
        try BackgroundThread.start { self.reports.put(Report(uri: uri, result: self.fetch(uri))) }
    }

    func takeReports() -> [Report] { self.reports.takeAll() }

    private func fetch(_ uri: String) -> Result<[UInt8], Failure> {
        do throws(ClientError) {
            let (base, path) = Self.parts(uri)
            let settings = try ClientSettings(
                url: base, token: nil, authorityFile: self.authorityFile, userAgent: "sluice-worker")
            var request = ClientRequest(.get, path)
            request.headers = [("Accept", "application/jwk-set+json, application/json")]
            request.timeoutMilliseconds = Self.timeout
            request.maximumBytes = Self.mostBytes
            let answer = try ControlClient(settings).send(request)
            guard answer.status == 200 else {
                return .failure(Failure(reason: "the provider answers \(answer.status)"))
            }
            guard Self.isKeySet(answer.body) else { return .failure(Failure(reason: "the answer is no key set")) }
            return .success(answer.body)
        } catch {
            return .failure(Failure(reason: error.message))
        }
    }

    /// Whether it could be one (RFC 7517 section 5); what its keys are good for is for workers to see.
    private static func isKeySet(_ body: [UInt8]) -> Bool {
        guard let document = try? JSON(parsing: body) else { return false }
        return document["keys"]?.arrayValue != nil
    }

    /// Scheme and authority, and the rest.
    private static func parts(_ uri: String) -> (base: String, path: String) {
        guard let scheme = uri.firstRange(of: "://") else { return (uri, "/") }
        let end = uri[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? uri.endIndex
        let path = uri[end...]
        return (String(uri[..<end]), path.hasPrefix("/") ? String(path) : "/" + path)
    }
}
