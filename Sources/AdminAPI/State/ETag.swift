import ControlProtocol
import GatewayModel
import Storage

/// The strong validator of a resource: the version that last changed it, and a digest, so that a database
/// restored from a backup never reuses a tag for other content.
enum ETag {
    static func of(_ stored: StoredResource) -> String {
        let digest = contentDigestHeader(stored.resource.text)
        let text = digest.dropFirst("sha-256=:".count).prefix(12)
        return "\"\(stored.updatedVersion)-\(text)\""
    }

    /// The tags of a field such as `"a", "b"`. Weak tags never match a strong comparison, so they are left out.
    static func list(_ text: String, field: String) throws(Refusal) -> [String] {
        let tags = text.split(separator: ",").map { $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed() }
            .map { String($0) }
        for tag in tags where !tag.hasSuffix("\"") || !(tag.hasPrefix("\"") || tag.hasPrefix("W/\"")) {
            throw Refusal(.malformedHeader, "\(field) must hold entity tags in double quotes.")
        }
        return tags.filter { $0.hasPrefix("\"") }
    }
}
