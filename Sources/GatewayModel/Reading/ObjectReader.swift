/// Reads the members of one object. Each is asked for by name; what nobody asked for is a fault in `finish`.
///
/// A member that is missing or wrong gives `nil` or the default, and reading goes on.
struct ObjectReader {
    let collector: FaultCollector
    private let object: JSONObject
    private var asked: [String] = []

    init(_ object: JSONObject, _ collector: FaultCollector) {
        self.object = object
        self.collector = collector
        self.asked.reserveCapacity(24)
    }

    /// Reports a fault of a member.
    func fault(_ name: String, _ code: String, _ detail: String, hint: String? = nil) {
        self.collector.inside(.member(name)) { self.collector.report(code, detail, hint: hint) }
    }

    /// The member's value; a `null` counts as absent.
    mutating func value(_ name: String) -> JSON? {
        self.asked.append(name)
        switch self.object[name] {
        case nil, .null?: return nil
        case let value: return value
        }
    }

    /// How many of the members there are, of those that exclude each other.
    func present(_ names: [String]) -> Int {
        names.count { self.object[$0] ?? .null != .null }
    }

    /// Reads a member with `parse`, whose `nil` means that it reported a fault.
    mutating func read<Value>(_ name: String, default value: Value, _ parse: (JSON) -> Value?) -> Value {
        self.optional(name, parse) ?? value
    }

    /// Reads a member that may be absent.
    mutating func optional<Value>(_ name: String, _ parse: (JSON) -> Value?) -> Value? {
        guard let json = self.value(name) else { return nil }
        return self.collector.inside(.member(name)) { parse(json) }
    }

    /// Reads a member that must be there.
    mutating func required<Value>(_ name: String, _ parse: (JSON) -> Value?) -> Value? {
        guard let json = self.value(name) else {
            self.fault(name, "required", "\(name) is required")
            return nil
        }
        return self.collector.inside(.member(name)) { parse(json) }
    }

    /// Refuses a member that this version does not have yet; the `allowed` value, or an object that says part of it, is
    /// let through as doing nothing.
    mutating func unsupported(_ name: String, allowed: JSON? = nil) {
        guard let value = self.value(name), !value.isPart(of: allowed) else { return }
        self.fault(name, "unsupported", "\(name) is not available in this version", hint: "leave it out")
    }

    /// Reports members that nobody asked for.
    func finish() {
        for member in self.object.members where !self.asked.contains(member.name) {
            if self.collector.isFull { return }
            let hint = member.name.nearest(in: self.asked).map { "did you mean \($0)?" }
            self.fault(member.name, "unknown-field", "there is no field \(member.name) here", hint: hint)
        }
    }
}

extension JSON {
    /// Whether this is the same, or an object whose members are all among the other's.
    fileprivate func isPart(of other: JSON?) -> Bool {
        guard case .object(let object) = self, case .object(let whole)? = other else { return self == other }
        return object.members.allSatisfy { whole[$0.name] == $0.value }
    }
}
