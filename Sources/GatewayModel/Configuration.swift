/// A whole configuration, and who refers to whom in it.
package struct Configuration: Sendable {
    /// All resources, valid each by itself.
    package private(set) var resources: [ResourceKey: Resource] = [:]
    /// For a key, those that refer to it, whether it exists or not.
    private var references: [ResourceKey: Set<ResourceKey>] = [:]
    private var listenersByPort: [UInt16: Set<ResourceKey>] = [:]
    /// By user name, and by the hash of an API key.
    private(set) var consumersByCredential: [String: Set<ResourceKey>] = [:]

    /// All listeners, in no order.
    package var listeners: [Listener] {
        self.listenersByPort.values.joined().compactMap { key in
            if case .listener(let listener)? = self.resources[key]?.spec { listener } else { nil }
        }
    }

    /// Without resources.
    package init() {}

    /// Many resources at once, each key once.
    package init(_ resources: some Collection<Resource>) {
        self.resources.reserveCapacity(resources.count)
        for resource in resources { self.insert(resource) }
    }

    /// The resource with that key.
    package subscript(key: ResourceKey) -> Resource? { self.resources[key] }

    /// Puts a resource in, in place of the one with its key.
    package mutating func set(_ resource: Resource) {
        self.remove(resource.key)
        self.insert(resource)
    }

    private mutating func insert(_ resource: Resource) {
        self.resources[resource.key] = resource
        for target in resource.spec.allTargets { self.references[target, default: []].insert(resource.key) }
        if case .listener(let listener) = resource.spec {
            self.listenersByPort[listener.port, default: []].insert(resource.key)
        }
        for credential in resource.spec.credentials {
            self.consumersByCredential[credential, default: []].insert(resource.key)
        }
    }

    /// Takes a resource out; one that is not there is no error.
    package mutating func remove(_ key: ResourceKey) {
        guard let resource = self.resources.removeValue(forKey: key) else { return }
        for target in resource.spec.allTargets {
            self.references[target]?.remove(key)
            if self.references[target]?.isEmpty == true { self.references[target] = nil }
        }
        if case .listener(let listener) = resource.spec { self.listenersByPort[listener.port]?.remove(key) }
        for credential in resource.spec.credentials {
            self.consumersByCredential[credential]?.remove(key)
            if self.consumersByCredential[credential]?.isEmpty == true { self.consumersByCredential[credential] = nil }
        }
    }

    /// Those that refer to a resource, in order.
    package func referrers(of key: ResourceKey) -> [ResourceKey] {
        self.references[key, default: []].sorted()
    }

    /// All dangling references and conflicts.
    package func check() -> [(key: ResourceKey, fault: Fault)] {
        Self.ordered(self.resources.values.flatMap { resource in self.faults(of: resource).map { (resource.key, $0) } })
    }

    /// What a change broke: dangling references and conflicts of what was set, and who refers to what was removed.
    ///
    /// Costs what the change costs: nothing but `changed` and those that refer to it is looked at.
    package func check(changed: Set<ResourceKey>) -> [(key: ResourceKey, fault: Fault)] {
        var faults: [(key: ResourceKey, fault: Fault)] = []
        for key in changed {
            guard let resource = self.resources[key] else {
                faults += self.danglingReferrers(of: key, besides: changed)
                continue
            }
            for fault in self.faults(of: resource) { faults.append((key, fault)) }
            guard resource.spec.constrainsReferrers else { continue }
            for referrer in self.referrers(of: key) where !changed.contains(referrer) {
                guard let resource = self.resources[referrer] else { continue }
                for fault in self.mismatches(of: resource) { faults.append((referrer, fault)) }
            }
        }
        return Self.ordered(faults)
    }

    /// By resource; the faults of one stay in the order of its document.
    private static func ordered(_ faults: [(key: ResourceKey, fault: Fault)]) -> [(key: ResourceKey, fault: Fault)] {
        faults.sorted { $0.key < $1.key }
    }

    private func faults(of resource: Resource) -> [Fault] {
        var faults: [Fault] = []
        if !resource.spec.targets.allSatisfy({ self.resources[$0] != nil }) {
            faults = resource.spec.references.filter { self.resources[$0.key] == nil }
                .map { Fault(pointer: $0.pointer, code: "reference", detail: "there is no \($0.key)") }
        }
        faults += self.policyFaults(of: resource) + self.consumerFaults(of: resource)
        if case .listener(let listener) = resource.spec, let other = self.conflict(of: listener, resource.key) {
            faults.append(
                Fault(
                    pointer: "/port", code: "conflict",
                    detail: "\(other) has the same address, port and hostname",
                    hint: "listeners that share a port need different hostnames"))
        }
        return faults + self.mismatches(of: resource)
    }

    /// References to what is there and does not fit.
    private func mismatches(of resource: Resource) -> [Fault] {
        switch resource.spec {
        case .listener(let listener):
            let tls = listener.tls
            return self.usageFaults(tls?.certificates ?? [], .server, "/tls/certificates")
                + self.usageFaults(tls?.clientValidation?.authorities ?? [], .ca, "/tls/clientValidation/ca")
                + self.protocolFaults(of: listener, resource.key)
        case .upstream(let upstream):
            return self.usageFaults(upstream.tls?.authorities ?? [], .ca, "/tls/ca")
                + self.usageFaults(
                    upstream.tls?.clientCertificate.map { [$0] } ?? [], .client, "/tls/clientCertificate")
        case .route(let route): return self.listenerFaults(of: route)
        case .certificate, .authPolicy, .trafficPolicy, .consumer: return []
        }
    }

    private func usageFaults(_ names: [String], _ usage: Certificate.Usage, _ pointer: String) -> [Fault] {
        names.enumerated().compactMap { index, name in
            guard
                case .certificate(let certificate)? = self.resources[ResourceKey(kind: .certificate, name: name)]?.spec,
                certificate.usage != usage
            else { return nil }
            return Fault(
                pointer: usage == .client ? pointer : "\(pointer)/\(index)", code: "conflict",
                detail:
                    "certificate \(name) is for usage \(certificate.usage.rawValue), here it must be \(usage.rawValue)")
        }
    }

    /// Those that share a socket speak the same on it.
    private func protocolFaults(of listener: Listener, _ key: ResourceKey) -> [Fault] {
        for other in self.listenersByPort[listener.port, default: []].sorted() where other != key {
            guard case .listener(let second)? = self.resources[other]?.spec, second.address == listener.address,
                second.proto != listener.proto || second.proxyProtocol != listener.proxyProtocol
            else { continue }
            let field = second.proto != listener.proto ? "protocol" : "proxyProtocol"
            return [
                Fault(
                    pointer: "/\(field)", code: "conflict",
                    detail: "\(other) has the same address and port and another \(field)")
            ]
        }
        return []
    }

    private func danglingReferrers(
        of key: ResourceKey, besides changed: Set<ResourceKey>
    ) -> [(key: ResourceKey, fault: Fault)] {
        self.referrers(of: key).filter { !changed.contains($0) }.flatMap {
            referrer -> [(key: ResourceKey, fault: Fault)] in
            guard let resource = self.resources[referrer] else { return [] }
            if ResourceKind.policies.contains(key.kind) {
                return self.policyFaults(of: resource).map { (referrer, $0) }
            }
            return resource.spec.references.filter { $0.key == key }.map {
                (referrer, Fault(pointer: $0.pointer, code: "reference", detail: "there is no \(key)"))
            }
        }
    }

    /// Another listener on the same port that would take the same hosts, or would bind the port on an overlapping address.
    private func conflict(of listener: Listener, _ key: ResourceKey) -> ResourceKey? {
        self.listenersByPort[listener.port, default: []].sorted().first { other in
            guard other != key, case .listener(let second)? = self.resources[other]?.spec else { return false }
            guard second.address == listener.address else {
                return second.address.isUnspecified && listener.address.isIPv6 == second.address.isIPv6
                    || listener.address.isUnspecified && listener.address.isIPv6 == second.address.isIPv6
            }
            if second.hostnames.isEmpty || listener.hostnames.isEmpty {
                return second.hostnames.isEmpty && listener.hostnames.isEmpty
            }
            return !Set(second.hostnames).isDisjoint(with: listener.hostnames)
        }
    }
}

extension IPAddress {
    /// Every address of the machine.
    package var isUnspecified: Bool { self.text == "0.0.0.0" || self.text == "::" }
}
