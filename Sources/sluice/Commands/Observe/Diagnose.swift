import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice diagnose`: what keeps somebody from an answer.
struct Diagnose: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what keeps somebody from an answer, and what would mend it.", subcommands: [DiagnoseCORS.self])
}

/// `sluice diagnose cors`: whether a page of another origin may make a request.
struct DiagnoseCORS: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cors", abstract: "Says whether a page of another origin may make a request.",
        discussion: """
            Examples:
              sluice diagnose cors https://app.example GET http://shop.example/cart
              sluice diagnose cors https://app.example PUT http://shop.example/cart -H 'content-type: application/json' --credentials
            """)

    @Argument(help: "The page's origin, such as https://app.example.") var origin: String
    @Argument(help: "The request's method.") var method: String
    @Argument(help: "The request's URL.") var requestURL: String

    @Option(name: [.customShort("H"), .customLong("header")], help: "A header that the page sets, 'name: value'.")
    var headers: [String] = []

    @Flag(help: "The page sends cookies along.") var credentials = false

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        var fields = JSONObject()
        for text in self.headers {
            guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else {
                throw CommandFailure("-H '\(text)': a header is 'name: value'")
            }
            let value = text[text.index(after: colon)...].drop { $0 == " " }
            fields[String(text[..<colon])] = .string(String(value))
        }
        let question: JSON = [
            "origin": .string(self.origin), "method": .string(self.method), "url": .string(self.requestURL),
            "headers": .object(fields), "credentials": .bool(self.credentials),
        ]
        let answer = try ControlPlane(self.connection).post("/v1/diagnose/cors", question).body
        Document.show(answer, self.format.output, people: Self.text(answer), name: answer["verdict"]?.stringValue)
    }

    private static func text(_ answer: JSON) -> String {
        let verdict = answer["verdict"]?.stringValue ?? ""
        let kind = answer["kind"]?.stringValue ?? ""
        var lines = ["\(verdict) (\(kind))"]
        for step in answer["steps"]?.arrayValue ?? [] {
            let mark = step["passed"]?.boolValue == true ? "ok    " : "FAILED"
            lines.append("  \(mark)  \(step["step"]?.stringValue ?? ""): \(step["detail"]?.stringValue ?? "")")
        }
        if let fix = answer["fix"], fix != .null {
            let target = "\(fix["kind"]?.stringValue ?? "")/\(fix["name"]?.stringValue ?? "")"
            let verb = fix["creates"]?.boolValue == true ? "make" : "patch"
            lines.append("To mend it, \(verb) \(target) (\(fix["detail"]?.stringValue ?? "")):")
            lines.append("  \(fix["patch"]?.text() ?? "")")
        }
        return lines.joined(separator: "\n")
    }
}
