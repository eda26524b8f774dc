package import GatewayModel

/// The documents of one or several files, read and checked as one configuration, with all faults at once.
package struct DocumentSet: Sendable {
    /// A resource and where it stands.
    package struct Entry: Sendable {
        /// Valid by itself; references are checked by `check`.
        package let resource: Resource
        /// The document's file and line.
        package let place: Place
    }

    /// A document's file and line.
    package struct Place: Hashable, Sendable {
        /// As it was named by the caller.
        package let file: String
        /// Of the document's first line, from 1.
        package let line: Int
    }

    /// A fault and where it stands. `description` is what people see.
    package struct Problem: Sendable, CustomStringConvertible {
        /// The document that has the fault.
        package let place: Place
        /// What the document is about, as far as it says so.
        package let key: ResourceKey?
        /// What is wrong, with a pointer into the document.
        package let fault: Fault

        /// "gateway.yaml:12: route/shop /forward/0/upstream: no upstream 'shp' (hint)"
        package var description: String {
            var text = "\(self.place.file):\(self.place.line): "
            if let key { text += "\(key.kind.rawValue)/\(key.name) " }
            if !self.fault.pointer.isEmpty { text += self.fault.pointer }
            while text.hasSuffix(" ") { text.removeLast() }
            text += text.hasSuffix(":") ? " \(self.fault.detail)" : ": \(self.fault.detail)"
            if let hint = self.fault.hint { text += " (\(hint))" }
            return text
        }
    }

    /// The resources, in the order of the documents.
    package private(set) var entries: [Entry] = []
    /// All that is wrong; empty for a configuration that can be served.
    package private(set) var problems: [Problem] = []
    private var places: [ResourceKey: Place] = [:]

    private let allowsMissingSecrets: Bool

    /// No documents yet.
    ///
    /// - Parameter allowsMissingSecrets: as for `Resource`.
    package init(allowsMissingSecrets: Bool = false) { self.allowsMissingSecrets = allowsMissingSecrets }

    /// Reads one file's text. Documents that are no resource become problems, the others count.
    package mutating func add(text: String, file: String) {
        do throws(DocumentError) {
            for document in try parseDocuments(text) { self.add(document, file: file) }
        } catch {
            let fault = Fault(pointer: "", code: "malformed", detail: error.message, hint: nil)
            self.problems.append(Problem(place: Place(file: file, line: error.line), key: nil, fault: fault))
        }
    }

    /// Reports a file that could not be read at all.
    package mutating func addUnreadable(file: String, reason: String) {
        let fault = Fault(pointer: "", code: "unreadable", detail: reason, hint: nil)
        self.problems.append(Problem(place: Place(file: file, line: 1), key: nil, fault: fault))
    }

    /// References and conflicts between the documents; call once, after the last `add`.
    package mutating func check() {
        for (key, fault) in Configuration(self.entries.lazy.map(\.resource)).check() {
            guard let place = self.places[key] else { continue }
            self.problems.append(Problem(place: place, key: key, fault: fault))
        }
        self.problems.sort { ($0.place.file, $0.place.line) < ($1.place.file, $1.place.line) }
    }

    /// Reports what somebody else found wrong with a document.
    package mutating func report(_ faults: [Fault], of entry: Entry) {
        self.problems += faults.map { Problem(place: entry.place, key: entry.resource.key, fault: $0) }
    }

    private mutating func add(_ document: SourceDocument, file: String) {
        let place = Place(file: file, line: document.line)
        do throws(Faults) {
            let resource = try Resource(document: document.json, allowsMissingSecrets: self.allowsMissingSecrets)
            guard let earlier = self.places.updateValue(place, forKey: resource.key) else {
                self.entries.append(Entry(resource: resource, place: place))
                return
            }
            let detail = "the same \(resource.key.kind.rawValue) stands at \(earlier.file):\(earlier.line) already"
            let fault = Fault(pointer: "/name", code: "duplicate", detail: detail, hint: nil)
            self.problems.append(Problem(place: place, key: resource.key, fault: fault))
        } catch {
            let key = Self.claimedKey(document.json)
            self.problems += error.faults.map { Problem(place: place, key: key, fault: $0) }
        }
    }

    /// What a document that is no resource says it is, for the message.
    private static func claimedKey(_ json: JSON) -> ResourceKey? {
        guard let kind = json["kind"]?.stringValue.flatMap(ResourceKind.init(rawValue:)) else { return nil }
        return json["name"]?.stringValue.map { ResourceKey(kind: kind, name: $0) }
    }
}
