import ArgumentParser
import GatewayModel

/// A kind as people write it: `route`, `routes`, `Route`.
struct KindArgument: ExpressibleByArgument {
    let kind: ResourceKind

    init?(argument: String) {
        let text = argument.lowercased()
        guard let kind = ResourceKind(rawValue: text) ?? ResourceKind(plural: text) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { ResourceKind.allCases.flatMap { [$0.rawValue, $0.plural] } }
}
