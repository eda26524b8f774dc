/// Collects what is wrong while a document is read, so that all faults are reported together.
final class FaultCollector {
    private(set) var faults: [Fault] = []

    func report(_ pointer: String, _ code: String, _ detail: String, hint: String? = nil) {
        self.faults.append(Fault(pointer: pointer, code: code, detail: detail, hint: hint))
    }
}

/// Reads the members of one object. Each is asked for by name; what nobody asked for is a fault in `finish`.
///
/// A member that is missing or wrong gives `nil` or the default, and reading goes on.
struct ObjectReader {
    let pointer: String
    let collector: FaultCollector
    private let object: JSONObject
    private var asked: [String] = []

    init(_ object: JSONObject, at pointer: String, _ collector: FaultCollector) {
        self.object = object
        self.pointer = pointer
        self.collector = collector
    }

    func path(_ name: String) -> String {
        self.pointer + "/" + name.escapedForPointer
    }

    func fault(_ name: String, _ code: String, _ detail: String, hint: String? = nil) {
        self.collector.report(self.path(name), code, detail, hint: hint)
    }

    /// The member's value; a `null` counts as absent.
    mutating func value(_ name: String) -> JSON? {
        self.asked.append(name)
        guard let value = self.object[name], value != .null else { return nil }
        return value
    }

    mutating func required(_ name: String) -> JSON? {
        guard let value = self.value(name) else {
            self.fault(name, "required", "\(name) is required")
            return nil
        }
        return value
    }

    /// Reads a member with `parse`, whose `nil` means that it reported a fault.
    mutating func read<Value>(_ name: String, default value: Value, _ parse: (JSON, String) -> Value?) -> Value {
        guard let json = self.value(name) else { return value }
        return parse(json, self.path(name)) ?? value
    }

    /// Refuses a member that this version does not have yet; `allowed` values are let through as doing nothing.
    mutating func unsupported(_ name: String, allowed: [JSON] = []) {
        guard let value = self.value(name), !allowed.contains(value) else { return }
        self.fault(name, "unsupported", "\(name) is not available in this version", hint: "leave it out")
    }

    /// Reports members that nobody asked for.
    func finish() {
        for member in self.object.members where !self.asked.contains(member.name) {
            let hint = member.name.nearest(in: self.asked).map { "did you mean \($0)?" }
            self.fault(member.name, "unknown-field", "there is no field \(member.name) here", hint: hint)
        }
    }
}

extension FaultCollector {
    func string(_ json: JSON, at pointer: String) -> String? {
        if let text = json.stringValue { return text }
        self.report(pointer, "type", "expected a string, not \(json.kindName)")
        return nil
    }

    /// Reads an object with a reader of its own, and reports unknown members.
    func object<Value>(_ json: JSON, at pointer: String, _ read: (inout ObjectReader) -> Value?) -> Value? {
        guard let object = json.objectValue else {
            self.report(pointer, "type", "expected an object, not \(json.kindName)")
            return nil
        }
        var reader = ObjectReader(object, at: pointer, self)
        let value = read(&reader)
        reader.finish()
        return value
    }

    /// Reads a list; elements that are wrong are left out.
    func list<Element>(_ json: JSON, at pointer: String, _ read: (JSON, String) -> Element?) -> [Element]? {
        guard let elements = json.arrayValue else {
            self.report(pointer, "type", "expected a list, not \(json.kindName)")
            return nil
        }
        return elements.enumerated().compactMap { read($1, "\(pointer)/\($0)") }
    }

    func integer(_ json: JSON, at pointer: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = json.integerValue else {
            self.report(pointer, "type", "expected an integer, not \(json.kindName)")
            return nil
        }
        guard range.contains(value) else {
            self.report(pointer, "range", "must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// One of a few words; a word of a later version is told apart from a wrong one.
    func word<Word: RawRepresentable & CaseIterable>(
        _ json: JSON, at pointer: String, _: Word.Type, later: [String] = []
    ) -> Word? where Word.RawValue == String {
        guard let text = self.string(json, at: pointer) else { return nil }
        if let word = Word(rawValue: text) { return word }
        if later.contains(text) {
            self.report(pointer, "unsupported", "\(text) is not available in this version")
        } else {
            let words = (Word.allCases.map(\.rawValue) + later).joined(separator: ", ")
            self.report(pointer, "format", "\"\(text)\" is none of \(words)")
        }
        return nil
    }
}

extension String {
    /// As a token of a JSON Pointer (RFC 6901 section 3).
    package var escapedForPointer: String {
        guard self.utf8.contains(0x7E) || self.utf8.contains(0x2F) else { return self }
        return self.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
    }

    /// The candidate that a typing error would have made this; `nil` when none is near.
    package func nearest(in candidates: [String]) -> String? {
        guard self.utf8.count <= 64 else { return nil }
        let ranked = candidates.map { (distance: self.editDistance(to: $0), name: $0) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= 2 else { return nil }
        return best.name
    }

    /// Levenshtein's distance, without regard to case.
    private func editDistance(to other: String) -> Int {
        let left = Array(self.lowercased().utf8)
        let right = Array(other.lowercased().utf8)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = Swift.min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
