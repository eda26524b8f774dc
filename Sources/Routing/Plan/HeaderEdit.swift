import GatewayModel
import HTTPWire

/// Header rules that apply one after the other, as one: which lines of a head are left out and which are added.
struct HeaderEdit: Equatable {
    /// In lower case, each once.
    private(set) var withheld: [String] = []
    private(set) var lines: [HeaderRules.Field]

    /// - Parameter lines: those that are there before any rule.
    init(_ lines: [HeaderRules.Field] = []) { self.lines = lines }

    /// Applies more rules to what came of those before.
    mutating func apply(_ rules: HeaderRules) {
        let gone = rules.remove + rules.set.map { $0.name.lowercased() }
        self.lines.removeAll { gone.contains($0.name.lowercased()) }
        for name in gone where !self.withheld.contains(name) { self.withheld.append(name) }
        self.lines += rules.set + rules.add
    }

    var isEmpty: Bool { self.withheld.isEmpty && self.lines.isEmpty }

    /// The form that requests use.
    func compiled(_ memory: inout PlanMemory) -> FieldRules {
        let names = self.withheld.map { memory.copy($0) }
        let list = memory.room(for: names.count, of: UnsafeBufferPointer<UInt8>.self)
        _ = list.initialize(from: names)
        let coding = "content-encoding"
        let namesCoding = self.withheld.contains(coding) || self.lines.contains { $0.name.lowercased() == coding }
        let text = self.lines.map { "\($0.name): \($0.value)\r\n" }.joined()
        return FieldRules(
            names: UnsafeBufferPointer(list), lines: memory.copy(text),
            own: self.withheld.reduce(into: []) { $0.formUnion(OwnFields($1)) }, namesCoding: namesCoding)
    }
}
