import GatewayModel

/// A kind as people write it: `route`, `routes`, `Route`.
enum KindText {
    static var all: [String] { ResourceKind.allCases.flatMap { [$0.rawValue, $0.plural] } }

    /// For helps: "listener, upstream, …; the plural too".
    static let help = "\(ResourceKind.allCases.map(\.rawValue).joined(separator: ", ")); the plural too"

    static func kind(_ text: String) throws(CommandFailure) -> ResourceKind {
        let lower = text.lowercased()
        if let kind = ResourceKind(rawValue: lower) ?? ResourceKind(plural: lower) { return kind }
        let near = lower.nearest(in: Self.all).map { "did you mean \($0)? Kinds" } ?? "kinds"
        let kinds = ResourceKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandFailure("there is no kind '\(text)'; \(near) are \(kinds)")
    }
}
