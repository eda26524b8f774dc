/// A secret that a document does not hold but names: `{"fromEnv": "NAME"}` or `{"fromFile": "path"}`.
///
/// The control plane puts the value in its place when the document is written; what is stored is the value.
package enum SecretReference: Hashable, Sendable {
    /// A variable of the control plane's environment.
    case environment(String)
    /// A file that the control plane can read.
    case file(String)

    /// `nil` for anything but an object with one of the two members, a text.
    package init?(_ json: JSON) {
        guard let members = json.objectValue?.members, members.count == 1, let member = members.first,
            let text = member.value.stringValue, !text.isEmpty
        else { return nil }
        switch member.name {
        case "fromEnv": self = .environment(text)
        case "fromFile": self = .file(text)
        default: return nil
        }
    }

    /// The member that holds it, for pointers.
    package var member: String {
        switch self {
        case .environment: "fromEnv"
        case .file: "fromFile"
        }
    }
}
