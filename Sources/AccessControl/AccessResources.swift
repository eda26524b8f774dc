package import GatewayModel

/// The auth policies and consumers of a configuration.
package struct AccessResources: Sendable {
    package private(set) var policies: [String: AuthPolicy] = [:]
    private var rules: [String: AccessRule] = [:]
    private var consumers: [String: Resource] = [:]
    /// Made anew where consumers have changed.
    package private(set) var directory = ConsumerDirectory([])

    package init() {}

    /// - Returns: what cannot be compiled.
    package mutating func set(_ policy: AuthPolicy) -> String? {
        self.policies[policy.name] = policy
        do throws(AccessFault) {
            self.rules[policy.name] = try AccessRule(policy)
            return nil
        } catch {
            return error.message
        }
    }

    package mutating func remove(policy name: String) {
        self.policies[name] = nil
        self.rules[name] = nil
    }

    package mutating func set(consumer: Resource) { self.consumers[consumer.key.name] = consumer }

    package mutating func remove(consumer name: String) { self.consumers[name] = nil }

    /// Makes the directory, once all changes of an update are in.
    package mutating func finish() { self.directory = ConsumerDirectory(self.consumers.values) }

    /// The auth policies among the named ones; `nil`: there are none.
    package func plan(_ names: [String]) -> AccessPlan? {
        if self.rules.isEmpty { return nil }
        return AccessPlan(names.compactMap { self.rules[$0] })
    }

    /// Names of fields, in lower case, that the policies write: what clients send under them never counts and never passes.
    package var reservedFields: Set<String> { Set(self.rules.values.flatMap(\.writtenFields)) }
}

/// Why a policy cannot be compiled.
package struct AccessFault: Error {
    package let message: String

    init(_ message: String) { self.message = message }
}
