import AccessControl
import GatewaySnapshot
import HTTPWire

/// Names of fields that only the gateway writes: lines of clients with these names are taken out before anybody reads them.
// Justified: what it points at is never written to after it is made.
final class ReservedFields: @unchecked Sendable {
    let names: Set<String>
    let rules: FieldRules

    /// - Parameter names: in lower case.
    /// - Returns: `nil` for none.
    init?(_ names: Set<String>) {
        if names.isEmpty { return nil }
        self.names = names
        let list = UnsafeMutableBufferPointer<UnsafeBufferPointer<UInt8>>.allocate(capacity: names.count)
        for (index, name) in names.sorted().enumerated() {
            let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: name.utf8.count)
            _ = bytes.initialize(from: name.utf8)
            list.initializeElement(at: index, to: UnsafeBufferPointer(bytes))
        }
        self.rules = FieldRules(
            names: UnsafeBufferPointer(list), lines: UnsafeBufferPointer(start: nil, count: 0), own: .none,
            namesCoding: false)
    }

    deinit {
        for name in self.rules.names { name.deallocate() }
        self.rules.names.deallocate()
    }
}

extension Worker {
    /// Brings what requests need of the access rules up to the configuration that has just been put in force.
    func takeAccess() {
        let resources = self.gateway.access
        self.access.consumers = resources.directory
        let names = resources.reservedFields
        guard names != self.access.reserved?.names ?? [] else { return }
        self.access.reserved = ReservedFields(names)
        self.reservedFields = self.access.reserved?.rules
    }
}
