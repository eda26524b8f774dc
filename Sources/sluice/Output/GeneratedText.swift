import GatewayModel

/// Keys that a write has made, for people.
enum GeneratedText {
    static let note = "keys are shown this once: the control plane has digests of them alone"

    /// "consumer/partner key k1: slk_…", a line for each key of each change.
    static func lines(_ changes: [JSON]) -> [String] {
        changes.flatMap { change -> [String] in
            let keys = change["generated"]?["apiKeys"]?.objectValue?.members ?? []
            return keys.map { "\(change.keyText ?? "?") key \($0.name): \($0.value.shown)" }
        }
    }
}
