import ControlClient

/// Why no answer came, and what to look at.
enum ConnectionText {
    static func lines(_ url: String, _ error: ClientError) -> [String] {
        ["\(url): \(error.message)"] + Self.advice(url, error)
    }

    private static func advice(_ url: String, _ error: ClientError) -> [String] {
        switch error {
        case .noConnection(let reason) where reason.contains("resolve"):
            ["  where to ask is said by --url, SLUICE_URL or a context (`sluice context list`)"]
        case .noConnection:
            [
                "  is sluice-control running there? Its --admin says where it listens (127.0.0.1:9700 by default);",
                "  where to ask is said by --url, SLUICE_URL or a context (`sluice context list`)",
            ]
        case .untrusted:
            [
                "  if the admin API does not speak TLS there, its URL begins with http://;",
                "  if the certificate comes from an authority of your own, name its certificate with --ca-file FILE",
                "  (or `sluice context set NAME --ca-file FILE`); the URL's host must be a name in the certificate",
            ]
        case .unreachable where url.hasPrefix("http://"):
            ["  if the admin API speaks TLS there, its URL begins with https://"]
        case .unreachable, .bodyTooLarge, .cancelled, .invalid, .outputFailed: []
        }
    }
}
