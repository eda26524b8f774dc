extension Resource {
    /// The document as an export has it: with its kind, without secrets, and as short as it can be.
    ///
    /// What says the same when it is left out is left out, members of inner objects stand in the order of their names. To read
    /// that and shorten it once more changes nothing.
    package var canonical: JSON {
        var shortest = ShortestDocument(self)
        shortest.shorten()
        var canonical: JSONObject = ["kind": .string(self.key.kind.rawValue)]
        for member in shortest.document.objectValue?.members ?? []
        where !self.key.kind.secretFields.contains(member.name) {
            canonical.append(member.name, member.value.sortedByName)
        }
        return .object(canonical)
    }
}

/// A document on its way to be the shortest that means the same.
///
/// What a default is, nobody lists: a member is left out, the document is read again, and when that gives the same typed
/// values it was one.
private struct ShortestDocument {
    private let resource: Resource
    private let description: JSON?
    private(set) var document: JSON

    init(_ resource: Resource) {
        self.resource = resource
        self.document = resource.document
        self.description = self.document["description"]
    }

    /// Leaves out what can be left out, until nothing goes.
    mutating func shorten() {
        var before: JSON
        repeat {
            before = self.document
            for member in before.objectValue?.members ?? [] where member.name != "name" {
                self.shorten([.member(member.name)], member.value)
            }
        } while self.document != before
    }

    /// Leaves out a member, or else what can be left out inside of it.
    private mutating func shorten(_ place: [JSON.Step], _ value: JSON) {
        if !self.replace(place, with: nil) { self.shorten(inside: place, value) }
    }

    private mutating func shorten(inside place: [JSON.Step], _ value: JSON) {
        switch value {
        case .object(let members):
            for member in members.members { self.shorten(place + [.member(member.name)], member.value) }
        case .array(let elements) where elements.count == 1: self.shorten(inside: place + [.element(0)], elements[0])
        case .array(let elements) where elements.contains(where: \.isContainer):
            let shorter = elements.map { self.shortened($0, aloneAt: place) }
            if shorter != elements { _ = self.replace(place, with: .array(shorter)) }
        case .array, .null, .bool, .integer, .double, .string: break
        }
    }

    /// An element as it would be if it were the only one of its list, which is much faster to find out: a list may have
    /// thousands. Whether it is right beside the others is seen once all are put together.
    private func shortened(_ element: JSON, aloneAt place: [JSON.Step]) -> JSON {
        guard element.isContainer, let resource = self.read(self.document.replacing(place[...], with: [element])) else {
            return element
        }
        var alone = ShortestDocument(resource)
        alone.shorten(inside: place + [.element(0)], element)
        return alone.document.value(at: place[...])?.arrayValue?.first ?? element
    }

    /// - Parameter value: `nil` leaves out what is there.
    /// - Returns: whether that is the same; otherwise nothing is done.
    private mutating func replace(_ place: [JSON.Step], with value: JSON?) -> Bool {
        let document = self.document.replacing(place[...], with: value)
        guard let read = self.read(document), read.spec == self.resource.spec, read.labels == self.resource.labels,
            document["description"] == self.description
        else { return false }
        self.document = document
        return true
    }

    private func read(_ document: JSON) -> Resource? {
        let key = self.resource.key
        return try? Resource(kind: key.kind, name: key.name, document: document, allowsMissingSecrets: true)
    }
}

extension JSON {
    fileprivate enum Step {
        case member(String)
        case element(Int)
    }

    fileprivate var isContainer: Bool {
        switch self {
        case .array, .object: true
        case .null, .bool, .integer, .double, .string: false
        }
    }

    fileprivate func value(at place: ArraySlice<Step>) -> JSON? {
        switch (self, place.first) {
        case (_, nil): self
        case (.object(let members), .member(let name)?): members[name]?.value(at: place.dropFirst())
        case (.array(let elements), .element(let index)?) where elements.indices.contains(index):
            elements[index].value(at: place.dropFirst())
        default: nil
        }
    }

    /// With another value at a place that is there, or for `nil` without the member.
    fileprivate func replacing(_ place: ArraySlice<Step>, with value: JSON?) -> JSON {
        let rest = place.dropFirst()
        switch (self, place.first) {
        case (.object(var members), .member(let name)?):
            members[name] = rest.isEmpty ? value : members[name]?.replacing(rest, with: value)
            return .object(members)
        case (.array(var elements), .element(let index)?) where elements.indices.contains(index):
            elements[index] = rest.isEmpty ? value ?? .null : elements[index].replacing(rest, with: value)
            return .array(elements)
        default: return self
        }
    }

    fileprivate var sortedByName: JSON {
        switch self {
        case .object(let members):
            var sorted = JSONObject()
            for member in members.sortedByName().members { sorted.append(member.name, member.value.sortedByName) }
            return .object(sorted)
        case .array(let elements): return .array(elements.map(\.sortedByName))
        case .null, .bool, .integer, .double, .string: return self
        }
    }
}
