import GatewayModel

/// Keys that a write has made, for people.
enum GeneratedText {
    static let note = "keys are shown this once: the control plane has digests of them alone"

    /// "consumer/partner key k1: slk_…", a line for each key that an answer names; a dry run names those that would be made.
    static func lines(_ body: JSON) -> [String] {
        body.list("generated").flatMap { made -> [String] in
            let keys = made["apiKeys"]?.objectValue?.members ?? []
            return keys.map { "\(made.keyText ?? "?") key \($0.name): \($0.value.stringValue ?? "would be made")" }
        }
    }
}
