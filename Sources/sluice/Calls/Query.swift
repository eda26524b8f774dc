import ControlClient

/// The query of a call, in the order in which its parameters were added.
struct Query {
    private var parameters: [String] = []

    init() {}

    /// Nothing is added for `nil`.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        self.parameters.append("\(name)=\(ClientRequest.escaped(value))")
    }

    /// Nothing is added for what is off.
    mutating func add(_ name: String, _ isOn: Bool) { if isOn { self.add(name, "true") } }

    /// With its question mark; empty without parameters.
    var text: String { self.parameters.isEmpty ? "" : "?" + self.parameters.joined(separator: "&") }
}
