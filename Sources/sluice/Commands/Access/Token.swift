import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice token`: who may do what.
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, lists and revokes tokens; for admins.",
        discussion: """
            Examples:
              sluice token create ci --role editor -l team=shop --expires-in 90d
              TOKEN=$(sluice token create grafana --role viewer)
              sluice token revoke ci
            """,
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])

    static let roles = ["viewer", "editor", "operator", "admin", "worker"]
}

/// `sluice token create`: the token alone goes to stdout, what it is to stderr.
struct TokenCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Makes a token, which is shown this once.",
        discussion: """
            viewer reads; editor also writes resources, those of its selector if it has one; operator also rolls back and manages \
            replicas; admin does all; worker is for replicas alone.
            """)

    @Argument(help: "The token's name; what it does is logged under it.") var name: String

    @Option(help: "\(Token.roles.joined(separator: ", ")).", completion: .list(Token.roles))
    var role: String

    @Option(
        name: [.customShort("l"), .long],
        help: ArgumentHelp("The labels that resources must have for an editor to write them.", valueName: "selector"))
    var selector: String?

    @Option(help: ArgumentHelp("When it ends: 12h, 90d; never without it.", valueName: "duration"))
    var expiresIn: String?

    @Option(
        help: ArgumentHelp("Writes the token to this new file, which only you can read.", valueName: "file"),
        completion: .file())
    var save: String?

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard Token.roles.contains(self.role) else {
            let near = self.role.nearest(in: Token.roles).map { "; did you mean \($0)?" } ?? ";"
            throw ValidationError(
                "there is no role '\(self.role)'\(near) roles are \(Token.roles.joined(separator: ", "))")
        }
        if self.format.output == .name, self.save == nil {
            throw ValidationError("-o name shows no token, and there is no second time: give --save FILE as well")
        }
    }

    func run() throws {
        if let save { try OutputFile.requireNew(save) }
        var body: JSONObject = ["name": .string(self.name), "role": .string(self.role)]
        body["labelSelector"] = self.selector.map(JSON.string)
        body["expiresIn"] = self.expiresIn.map(JSON.string)
        let made = try ControlPlane(self.connection).post("/v1/tokens", .object(body)).body
        let token = made["token"]?.stringValue ?? ""
        Terminal.complain("token \(self.name): \(self.role), \(Self.end(made))")
        if let save {
            try OutputFile.write(token + "\n", to: save, mode: 0o600)
            if self.format.output == .name { Terminal.show(self.name) }
        } else {
            Document.show(made, self.format.output, people: token, name: self.name)
        }
    }

    private static func end(_ token: JSON) -> String {
        token["expiresAt"]?.stringValue.map { "until \($0)" } ?? "without an end"
    }
}

/// `sluice token list`
struct TokenList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows which tokens there are, never the tokens themselves.")

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        View.tokens.show(try ControlPlane(self.connection).get("/v1/tokens").list("items"), self.format.output)
    }
}

extension View {
    fileprivate static let tokens = View([
        Column("NAME", "name"), Column("ROLE", "role"), Column("SELECTOR", "labelSelector"),
        Column("CREATED BY", "createdBy"), Column("CREATED", "createdAt"), Column("EXPIRES", "expiresAt"),
    ]) { $0["name"]?.stringValue }
}

/// `sluice token revoke`
struct TokenRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Makes a token worthless at once.")

    @Argument(help: "The token's name.") var name: String

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let path = "/v1/tokens/\(ClientRequest.escaped(self.name))"
        let answer = try ControlPlane(self.connection).call(ClientRequest(.delete, path))
        Document.show(answer.body, self.format.output, people: "token \(self.name) is revoked", name: self.name)
    }
}
