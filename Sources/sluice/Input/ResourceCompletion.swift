import ArgumentParser
import GatewayModel

/// What a shell offers for kinds and names.
enum ResourceCompletion {
    static let kinds = CompletionKind.list(KindText.all)

    /// Asks the control plane; offers nothing when it does not answer at once.
    static let names = CompletionKind.custom { words, _, prefix in
        let kind = words.lazy.compactMap { try? KindText.kind($0) }.first
        guard let kind else { return [] }
        return (try? Self.names(of: kind, words)) ?? []
    }

    private static func names(of kind: ResourceKind, _ words: [String]) throws -> [String] {
        let connection = try ConnectionOptions.parse(Self.connection(words))
        let items = try ControlPlane(connection, patience: 1_000).items("/v1/\(kind.plural)", limit: 500)
        return items.compactMap { $0["name"]?.stringValue }
    }

    /// The options among the words that say where the control plane is.
    private static func connection(_ words: [String]) -> [String] {
        let options: Set = ["--url", "--token-file", "--ca-file", "--context"]
        return zip(words, words.dropFirst()).flatMap { options.contains($0) ? [$0, $1] : [] }
    }
}
