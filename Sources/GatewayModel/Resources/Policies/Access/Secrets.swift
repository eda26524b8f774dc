/// The secret parts of a document, taken out of their places and kept in one member of its own, `secrets`.
///
/// The member is a text, JSON inside, so that it is sealed, left out of answers and kept over updates as a certificate's key
/// is. Callers never write it: the control plane makes it of what they wrote in its place.
package struct Secrets: Hashable, Sendable {
    package static let field = "secrets"

    /// By the JSON Pointer of the place, with names and ids in place of indices: `/apiKeys/k1`, `/basic/password`,
    /// `/jwt/providers/own/keys/2026`.
    package private(set) var values: [String: String]

    package init(_ values: [String: String] = [:]) { self.values = values }

    package subscript(place: String) -> String? {
        get { self.values[place] }
        set { self.values[place] = newValue }
    }

    /// As the member has it: sorted, so that the same secrets are the same text.
    package var text: String {
        var object = JSONObject()
        for (place, value) in self.values.sorted(by: { $0.key < $1.key }) { object.append(place, .string(value)) }
        return String(decoding: JSON.object(object).encoded(), as: UTF8.self)
    }

    /// Reads the member.
    ///
    /// - Returns: `nil` for what `text` never makes.
    package init?(text: String) {
        guard let object = (try? JSON(parsing: Array(text.utf8)))?.objectValue else { return nil }
        self.values = [:]
        for member in object.members {
            guard let value = member.value.stringValue else { return nil }
            self.values[member.name] = value
        }
    }
}

extension FaultCollector {
    func secrets(_ json: JSON) -> Secrets? {
        guard let text = self.string(json) else { return nil }
        if let secrets = Secrets(text: text) { return secrets }
        self.report("format", "these are not secrets as the control plane writes them")
        return nil
    }
}
