package import GatewayModel

/// The documents of one or several files, read and checked as one configuration, with all faults at once.
package struct DocumentSet: Sendable {
    /// A resource and where it stands.
    package struct Entry: Sendable {
        /// Valid by itself; references are checked by `check`.
        package let resource: Resource
        /// The document's file and first line.
        package let place: Place
        /// Among the documents of the file, from 0.
        fileprivate let index: Int
    }

    /// A file and a line of it.
    package struct Place: Hashable, Sendable {
        /// As it was named by the caller.
        package let file: String
        /// From 1; 0 for the file as a whole.
        package let line: Int
    }

    /// A fault and where it stands. `description` is what people see.
    package struct Problem: Sendable, CustomStringConvertible {
        /// Where the field that is at fault stands, or what lacks it.
        package let place: Place
        /// What the document is about, as far as it says so.
        package let key: ResourceKey?
        /// What is wrong, with a pointer into the document.
        package let fault: Fault

        /// "gateway.yaml:12: route/shop /forward/0/upstream: no upstream 'shp' (hint)"
        package var description: String {
            var text = self.place.line > 0 ? "\(self.place.file):\(self.place.line): " : "\(self.place.file): "
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
    private var known: [ResourceKey: Entry] = [:]
    /// By file: read again when it has faults, for their lines.
    private var texts: [String: String] = [:]

    let allowsMissingSecrets: Bool

    /// No documents yet.
    ///
    /// - Parameter allowsMissingSecrets: as for `Resource`.
    package init(allowsMissingSecrets: Bool = false) { self.allowsMissingSecrets = allowsMissingSecrets }

    /// Reads one file's text. Documents that are no resource become problems, the others count.
    package mutating func add(text: String, file: String) {
        self.texts[file] = text
        do throws(DocumentError) {
            var located = LocatedFaults(file: file, text: text)
            for document in try parseDocuments(text) { self.add(document, file: file, &located) }
            self.problems += located.problems
        } catch {
            let fault = Fault(pointer: "", code: "malformed", detail: error.message, hint: nil)
            self.problems.append(Problem(place: Place(file: file, line: error.line), key: nil, fault: fault))
        }
    }

    /// Reports a file that could not be read at all.
    package mutating func addUnreadable(file: String, reason: String) {
        let fault = Fault(pointer: "", code: "unreadable", detail: reason, hint: nil)
        self.problems.append(Problem(place: Place(file: file, line: 0), key: nil, fault: fault))
    }

    /// References and conflicts between the documents; call once, after the last `add`.
    package mutating func check() {
        var files: [String: LocatedFaults] = [:]
        for (key, fault) in Configuration(self.entries.lazy.map(\.resource)).check() {
            guard let entry = self.known[key] else { continue }
            let file = entry.place.file
            files[file, default: LocatedFaults(file: file, text: self.texts[file] ?? "")].add(
                fault, of: key, entry.place, entry.index)
        }
        self.problems += files.values.flatMap(\.problems)
        self.problems.sort { ($0.place.file, $0.place.line) < ($1.place.file, $1.place.line) }
    }

    /// Reports what somebody else found wrong with a document.
    package mutating func report(_ faults: [Fault], of entry: Entry) {
        var located = LocatedFaults(file: entry.place.file, text: self.texts[entry.place.file] ?? "")
        for fault in faults { located.add(fault, of: entry.resource.key, entry.place, entry.index) }
        self.problems += located.problems
    }

    /// Where fields stand that somebody else found wrong, each by the number of its entry; `nil` for entries that are not here.
    package func places(of fields: [(entry: Int, pointer: String)]) -> [Place?] {
        var files: [String: FieldLines] = [:]
        return fields.map { field in
            guard self.entries.indices.contains(field.entry) else { return nil }
            let entry = self.entries[field.entry]
            let file = entry.place.file
            let lines = files[file] ?? FieldLines(self.texts[file] ?? "")
            files[file] = lines
            let line = lines.line(document: entry.index, pointer: field.pointer) ?? entry.place.line
            return Place(file: file, line: line)
        }
    }

    private mutating func add(_ document: SourceDocument, file: String, _ located: inout LocatedFaults) {
        let place = Place(file: file, line: document.line)
        do throws(Faults) {
            let settled = try self.settled(document.json)
            let resource = try Resource(document: settled, allowsMissingSecrets: self.allowsMissingSecrets)
            let entry = Entry(resource: resource, place: place, index: document.index)
            guard let earlier = self.known.updateValue(entry, forKey: resource.key)?.place else {
                self.entries.append(entry)
                return
            }
            let detail = "the same \(resource.key.kind.rawValue) stands at \(earlier.file):\(earlier.line) already"
            let fault = Fault(pointer: "/name", code: "duplicate", detail: detail, hint: nil)
            located.add(fault, of: resource.key, place, document.index)
        } catch {
            let key = Self.claimedKey(document.json)
            for fault in error.faults { located.add(fault, of: key, place, document.index) }
        }
    }

    /// What a document that is no resource says it is, for the message.
    private static func claimedKey(_ json: JSON) -> ResourceKey? {
        guard let kind = json["kind"]?.stringValue.flatMap(ResourceKind.init(rawValue:)) else { return nil }
        return json["name"]?.stringValue.map { ResourceKey(kind: kind, name: $0) }
    }
}

/// Faults of one file with their lines, for which its text is read again once there is a fault.
private struct LocatedFaults {
    private let file: String
    private let text: String
    private var lines: FieldLines?
    private(set) var problems: [DocumentSet.Problem] = []

    init(file: String, text: String) {
        self.file = file
        self.text = text
    }

    mutating func add(_ fault: Fault, of key: ResourceKey?, _ document: DocumentSet.Place, _ index: Int) {
        let lines = self.lines ?? FieldLines(self.text)
        self.lines = lines
        let line = lines.line(document: index, pointer: fault.pointer) ?? document.line
        self.problems.append(
            DocumentSet.Problem(place: DocumentSet.Place(file: self.file, line: line), key: key, fault: fault))
    }
}
