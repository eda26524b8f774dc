/// Which consumers are meant: those with one of the names, and those with all of the labels.
package struct ConsumerSelector: Hashable, Sendable {
    package let names: [String]
    package let labels: [String: String]

    package init(names: [String] = [], labels: [String: String] = [:]) {
        self.names = names
        self.labels = labels
    }

    package func selects(name: String, labels: [String: String]) -> Bool {
        self.names.contains(name) || !self.labels.isEmpty && self.labels.allSatisfy { labels[$0.key] == $0.value }
    }
}

extension FaultCollector {
    /// A list of names, or `{names, labels}`.
    func consumerSelector(_ json: JSON) -> ConsumerSelector? {
        guard json.objectValue != nil else {
            let names = self.distinctList(json) { self.name($0) }
            if json == [] { self.report("range", "nobody is meant", hint: "leave consumers out to mean all of them") }
            return names.map { ConsumerSelector(names: $0) }
        }
        return self.object(json) { reader -> ConsumerSelector? in
            let names = reader.read("names", default: []) { json in self.distinctList(json) { self.name($0) } }
            let labels = reader.read("labels", default: [:]) { self.labels($0) }
            if names.isEmpty, labels.isEmpty { self.report("range", "nobody is meant") }
            return ConsumerSelector(names: names, labels: labels)
        }
    }
}
