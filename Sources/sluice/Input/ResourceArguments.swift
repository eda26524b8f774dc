import ArgumentParser
import ControlClient
import GatewayModel

/// One resource: `route shop`, or `route/shop` as `-o name` shows it.
struct ResourceArguments: ParsableArguments {
    @Argument(help: "\(KindText.help); or KIND/NAME.", completion: ResourceCompletion.kinds)
    var kind: String

    @Argument(help: "The name.", completion: ResourceCompletion.names)
    var name: String?

    /// - Throws: for an unknown kind, and without a name.
    func key() throws(CommandFailure) -> ResourceKey {
        let (kind, name) = try self.parts()
        guard let name else { throw CommandFailure("which \(kind.rawValue)? A name is missing") }
        return ResourceKey(kind: kind, name: name)
    }

    /// The name may be missing.
    func parts() throws(CommandFailure) -> (kind: ResourceKind, name: String?) {
        guard let slash = self.kind.firstIndex(of: "/") else { return (try KindText.kind(self.kind), self.name) }
        guard self.name == nil else { throw CommandFailure("'\(self.kind)' has a name already") }
        let name = String(self.kind[self.kind.index(after: slash)...])
        return (try KindText.kind(String(self.kind[..<slash])), name)
    }
}

extension ResourceKey {
    /// Where the admin API has it.
    var path: String { "/v1/\(self.kind.plural)/\(ClientRequest.escaped(self.name))" }

    /// "route/shop"
    var text: String { "\(self.kind.rawValue)/\(self.name)" }
}
