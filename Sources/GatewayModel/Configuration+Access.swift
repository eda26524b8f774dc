extension ResourceSpec {
    /// Whom `targets` names, and policies under both kinds that they may be of.
    var allTargets: [ResourceKey] {
        let policies = self.policies
        if policies.isEmpty { return self.targets }
        return self.targets
            + policies.flatMap { name in ResourceKind.policies.map { ResourceKey(kind: $0, name: name) } }
    }

    /// What tells a consumer from all others, in a form that keeps user names and keys apart.
    var credentials: [String] {
        guard case .consumer(let consumer) = self else { return [] }
        return consumer.apiKeys.compactMap { $0.hash.map { "key " + $0 } }
            + (consumer.basic.map { ["user " + $0.username] } ?? [])
    }
}

extension Configuration {
    /// The policy of a name, whatever its kind.
    package func policy(_ name: String) -> Resource? {
        ResourceKind.policies.lazy.compactMap { self.resources[ResourceKey(kind: $0, name: name)] }.first
    }

    /// Policies that are named and not there, and a name that belongs to policies of both kinds.
    func policyFaults(of resource: Resource) -> [Fault] {
        var faults = resource.spec.policies.enumerated().filter { self.policy($1) == nil }.map {
            Fault(pointer: "/policies/\($0)", code: "reference", detail: "there is no policy \($1)")
        }
        guard ResourceKind.policies.contains(resource.key.kind) else { return faults }
        for kind in ResourceKind.policies where kind != resource.key.kind {
            guard self.resources[ResourceKey(kind: kind, name: resource.key.name)] != nil else { continue }
            faults.append(
                Fault(
                    pointer: "/name", code: "conflict",
                    detail: "there is a \(kind.rawValue) \(resource.key.name), and policies are attached by name alone")
            )
        }
        return faults
    }

    /// A key or a user name that another consumer has.
    func consumerFaults(of resource: Resource) -> [Fault] {
        guard case .consumer(let consumer) = resource.spec else { return [] }
        var faults: [Fault] = []
        func check(_ credential: String, _ pointer: String, _ what: String) {
            let others = self.consumersByCredential[credential, default: []].filter { $0 != resource.key }
            guard let other = others.min() else { return }
            // Whose key it is, is nobody's business.
            let who = what == "key" ? "another consumer" : "\(other)"
            faults.append(Fault(pointer: pointer, code: "conflict", detail: "\(who) has the same \(what)"))
        }
        for (index, key) in consumer.apiKeys.enumerated() {
            if let hash = key.hash { check("key " + hash, "/apiKeys/\(index)/value", "key") }
        }
        if let basic = consumer.basic { check("user " + basic.username, "/basic/username", "user name") }
        return faults
    }
}
