import ControlProtocol
import GatewayModel
import Storage

/// What a plan promises: the same hash means that the same will be done to the same configuration.
enum PlanHash {
    /// - Parameters:
    ///   - base: the version that the changes are made to.
    ///   - changes: all of a write; those that change nothing say nothing.
    static func of(_ changes: [WriteOutcome.Change], base: VersionRecord) -> String {
        var writer = JSONWriter(style: .canonical)
        writer.raw(base.digest)
        for change in changes.filter({ $0.effect != .unchanged }).sorted(by: { $0.key < $1.key }) {
            writer.raw("\n\(change.effect.rawValue) \(change.key) \(change.stored?.owner ?? "") ")
            guard let resource = change.stored?.resource else {
                writer.raw("null")
                continue
            }
            // A password has another hash each time it is hashed, and a key is made anew.
            writer.writeCanonical(resource.key.kind.isSettled ? resource.redacted.encoded() : resource.text)
        }
        return SHA256Digest(of: writer.bytes).text
    }
}
