package import GatewayModel

/// Why what a peer sent is refused. The peer is at fault, and sending the same again does not help.
package struct ProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The resource that is to blame; `nil`: the message as a whole.
    package let key: ResourceKey?
    package let message: String

    package init(key: ResourceKey? = nil, _ message: String) {
        self.key = key
        self.message = message
    }

    package var description: String { self.key.map { "\($0): \(self.message)" } ?? self.message }
}
