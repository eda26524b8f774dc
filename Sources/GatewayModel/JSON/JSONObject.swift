/// The members of a JSON object in the order they were written, each name once.
///
/// Lookups scan: the objects of this model are short. Two objects are equal when they have equal members in any order
/// (RFC 8259 section 4: an object is an unordered collection).
package struct JSONObject: Sendable {
    /// Names and values, in source order.
    package private(set) var members: [(name: String, value: JSON)]

    /// An object without members.
    package init() { self.members = [] }

    /// Trusts the caller that no name comes twice.
    package init(distinct members: [(name: String, value: JSON)]) { self.members = members }

    /// Whether there are no members.
    package var isEmpty: Bool { self.members.isEmpty }

    /// The value of a member; setting a new name appends, setting `nil` removes.
    package subscript(_ name: String) -> JSON? {
        get {
            // By index: a loop over the members would count references of every one.
            var index = 0
            while index < self.members.count {
                if self.members[index].name == name { return self.members[index].value }
                index += 1
            }
            return nil
        }
        set {
            guard let index = self.members.firstIndex(where: { $0.name == name }) else {
                if let newValue { self.members.append((name, newValue)) }
                return
            }
            if let newValue { self.members[index].value = newValue } else { self.members.remove(at: index) }
        }
    }

    /// Adds a member that the caller knows to be new, without the scan that the subscript does.
    mutating func append(_ name: String, _ value: JSON) { self.members.append((name, value)) }

    /// The same members, ordered by the UTF-8 bytes of their names.
    package func sortedByName() -> JSONObject {
        JSONObject(distinct: self.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.members.count == right.members.count else { return false }
        return left.members.indices.allSatisfy { index in
            let member = left.members[index]
            let twin = right.members[index]
            return member.value == (member.name == twin.name ? twin.value : right[member.name])
        }
    }

    package func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in self.members {
            var inner = Hasher()
            inner.combine(member.name)
            inner.combine(member.value)
            sum &+= inner.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// A name that is given twice keeps its first place and its last value.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self.init()
        for (name, value) in elements { self[name] = value }
    }
}
