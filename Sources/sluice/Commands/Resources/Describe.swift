import ArgumentParser
import ControlClient
import Documents
import GatewayModel

/// `sluice describe`: one resource with what is around it.
struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows a resource with who changed it last, what refers to it and how its endpoints are.",
        discussion: """
            Examples:
              sluice describe upstream orders
              sluice describe certificate/shop -o json
            """)

    @OptionGroup var resource: ResourceArguments
    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let key = try self.resource.key()
        let surroundings = try Surroundings(of: key, try ControlPlane(self.connection))
        Document.show(
            surroundings.json, self.format.output, people: DescriptionText.text(key, surroundings), name: key.text)
    }
}

/// A resource, and what the control plane knows around it.
struct Surroundings {
    let document: JSON
    /// The version that changed it last; `nil` when it is not kept any more.
    let change: JSON?
    /// Those that refer to it, with kind and name.
    let users: [JSON]
    /// What replicas say of an upstream's endpoints.
    let endpoints: [JSON]

    init(of key: ResourceKey, _ plane: borrowing ControlPlane) throws(CommandFailure) {
        self.document = try plane.get(key.path)
        let version = self.document["meta"]?["version"]?.integerValue
        self.change = if let version { try plane.find("/v1/versions/\(version)")?.body } else { nil }
        self.users = try Self.users(of: key, self.document, plane)
        self.endpoints = key.kind == .upstream ? try plane.get("\(key.path)/health").list("endpoints") : []
    }

    var json: JSON {
        var members: JSONObject = ["resource": self.document, "changedBy": self.change ?? .null]
        members["usedBy"] = .array(self.users)
        if !self.endpoints.isEmpty { members["endpoints"] = .array(self.endpoints) }
        return .object(members)
    }

    private static func users(
        of key: ResourceKey, _ document: JSON, _ plane: borrowing ControlPlane
    ) throws(CommandFailure) -> [JSON] {
        let labels = document.labels
        var users: [JSON] = []
        for kind in key.kind.referrers {
            var query = Query()
            if kind == .route, key.kind == .upstream { query.add("upstream", key.name) }
            try plane.eachPage("/v1/\(kind.plural)", query) { page in
                for document in page where document.refers(kind, to: key, labels) {
                    users.append(["kind": .string(kind.rawValue), "name": document["name"] ?? .null])
                }
            }
        }
        return users
    }
}

extension ResourceKind {
    /// The kinds that may refer to this one.
    fileprivate var referrers: [ResourceKind] {
        switch self {
        case .listener: [.route]
        case .upstream: [.route, .authPolicy]
        case .certificate: [.listener, .upstream]
        case .authPolicy, .trafficPolicy: [.listener, .route]
        case .consumer: [.authPolicy]
        case .route: []
        }
    }
}

extension JSON {
    /// Those of a document.
    fileprivate var labels: [String: String] {
        let members = self["labels"]?.objectValue?.members ?? []
        return Dictionary(members.map { ($0.name, $0.value.stringValue ?? "") }, uniquingKeysWith: { $1 })
    }

    /// Whether this document of a kind names the resource where such a name stands, or takes it by its labels.
    fileprivate func refers(_ kind: ResourceKind, to key: ResourceKey, _ labels: [String: String]) -> Bool {
        guard let resource = try? Resource(kind: kind, name: nil, document: self, allowsMissingSecrets: true) else {
            return false
        }
        if ResourceKind.policies.contains(key.kind) { return resource.spec.policies.contains(key.name) }
        if key.kind == .consumer, case .authPolicy(let policy) = resource.spec {
            return policy.selectors.contains { $0.selects(name: key.name, labels: labels) }
        }
        return resource.spec.references.contains { $0.key == key }
    }
}

extension AuthPolicy {
    /// Of the consumers that it names; a policy that takes all of them names none.
    fileprivate var selectors: [ConsumerSelector] {
        switch self.settings {
        case .basic(let policy): [policy.consumers].compactMap(\.self)
        case .apiKey(let policy): [policy.consumers].compactMap(\.self)
        case .authorization(let policy): policy.rules.compactMap(\.when.consumers)
        case .jwt, .mtls, .ip, .cors, .csrf, .extAuth: []
        }
    }
}
