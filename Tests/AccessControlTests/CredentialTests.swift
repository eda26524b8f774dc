import AccessControl
import GatewayModel
import Testing

@Suite("API keys")
struct APIKeyTests {
    private static let any: JSON = [
        "from": [["header": "X-API-Key"], ["header": "Authorization"], ["query": "key"], ["cookie": "key"]]
    ]
    private static let key = "secret-key"

    private static let requests: [(String, [(String, String)], String)] = [
        ("/", [], "missing-credentials"),
        ("/", [("X-API-Key", key)], "pass"),
        ("/", [("x-api-KEY", key)], "pass"),
        ("/", [("X-API-Key", "Secret-key")], "invalid-api-key"),
        ("/", [("X-API-Key", "")], "missing-credentials"),
        ("/", [("X-API-Key2", key)], "missing-credentials"),
        ("/", [("X-API-Key", key), ("X-API-Key", key)], "ambiguous-credentials"),
        ("/", [("X-API-Key", key), ("x-api-key", "other")], "ambiguous-credentials"),
        ("/", [("Authorization", "Bearer secret-key")], "pass"),
        ("/", [("Authorization", "bEARER   secret-key")], "pass"),
        ("/", [("Authorization", "Bearersecret-key")], "missing-credentials"),
        ("/", [("Authorization", "Basic secret-key")], "missing-credentials"),
        ("/", [("Authorization", "secret-key")], "missing-credentials"),
        ("/?key=secret-key", [], "pass"),
        ("/?k%65y=secret%2Dkey", [], "pass"),
        ("/?key=", [], "missing-credentials"),
        ("/?key=other&key=secret-key", [], "ambiguous-credentials"),
        ("/", [("Cookie", "a=b; key=secret-key")], "pass"),
        ("/", [("Cookie", "key=secret-key2")], "invalid-api-key"),
        // The first place where there is one counts.
        ("/?key=secret-key", [("X-API-Key", "other")], "invalid-api-key"),
    ]

    @Test("A key in one of the places", arguments: requests)
    func places(_ target: String, _ headers: [(String, String)], _ expected: String) throws {
        let access = try TestAccess("api-key", Self.any, consumers: [consumer()])
        #expect(try access.outcome(TestRequest("GET", target, headers)) == expected)
    }

    @Test("The hash of a key is no key")
    func hash() throws {
        let access = try TestAccess("api-key", [:], consumers: [consumer()])
        #expect(try access.outcome(TestRequest("GET", "/", [("X-API-Key", keyHash)])) == "invalid-api-key")
    }

    @Test("A prefix of a field of another name is kept exactly")
    func prefix() throws {
        let access = try TestAccess(
            "api-key", ["from": [["header": "X-Key", "prefix": "key:"]]], consumers: [consumer()])
        #expect(try access.outcome(TestRequest("GET", "/", [("X-Key", "key:secret-key")])) == "pass")
        #expect(try access.outcome(TestRequest("GET", "/", [("X-Key", "KEY:secret-key")])) == "missing-credentials")
        #expect(try access.outcome(TestRequest("GET", "/", [("X-Key", "secret-key")])) == "missing-credentials")
    }

    @Test(
        "Only consumers that are meant",
        arguments: [
            (["ci"], "pass"), (["other"], "consumer-denied"), (["labels": ["team": "a"]], "pass"),
            (["labels": ["team": "b"]], "consumer-denied"),
            (["labels": ["team": "a", "role": "x"]], "consumer-denied"),
            (["names": ["ci"], "labels": ["team": "b"]], "pass"),
        ] as [(JSON, String)])
    func consumers(_ selector: JSON, _ expected: String) throws {
        let access = try TestAccess(
            "api-key", ["consumers": selector], consumers: [consumer(labels: ["team": "a"])])
        #expect(try access.outcome(TestRequest("GET", "/", [("X-API-Key", Self.key)])) == expected)
    }

    @Test("The key does not pass, wherever it stands, and the consumer's name does")
    func strip() throws {
        let settings: JSON = [
            "from": [["header": "X-API-Key"], ["query": "key"], ["cookie": "key"]], "forwardConsumer": "X-Consumer",
        ]
        let access = try TestAccess("api-key", settings, consumers: [consumer()])
        let findings = AccessFindings()
        let request = TestRequest("GET", "/?key=secret-key", [("X-API-Key", Self.key)])
        #expect(try access.outcome(request, findings) == "pass")
        #expect(findings.stripped == [.header("x-api-key"), .query("key")])
        #expect(findings.text == "X-Consumer: ci\r\n")
        #expect(findings.consumer?.name == "ci")
        // Asked again, it says the same once.
        #expect(try access.outcome(request, findings) == "pass")
        #expect(findings.stripped.count == 2 && findings.text == "X-Consumer: ci\r\n")
    }

    @Test("It stays where that is asked for")
    func kept() throws {
        let access = try TestAccess("api-key", ["strip": false], consumers: [consumer()])
        let findings = AccessFindings()
        #expect(try access.outcome(TestRequest("GET", "/", [("X-API-Key", Self.key)]), findings) == "pass")
        #expect(findings.stripped.isEmpty)
    }

    @Test(
        "A 401 says how to do it better",
        arguments: [
            ([:], "WWW-Authenticate: ApiKey\r\n"),
            (["from": [["header": "Authorization"]]], "WWW-Authenticate: Bearer\r\n"),
            (["from": [["header": "Authorization", "prefix": "Token "]]], "WWW-Authenticate: Token\r\n"),
        ] as [(JSON, String)])
    func challenge(_ settings: JSON, _ expected: String) throws {
        let refusal = try TestAccess("api-key", settings).check().refusal(TestRequest())
        #expect(refusal?.status == 401 && refusal.map { String(decoding: $0.lines, as: UTF8.self) } == expected)
    }
}

@Suite("Names and passwords")
struct BasicTests {
    private static let readings: [(String, String)] = [
        ("Basic Y2k6cHc=", "ci pw"), ("basic Y2k6cHc=", "ci pw"), ("BASIC    Y2k6cHc=", "ci pw"),
        ("Basic Y2k6", "ci "), ("Basic OnB3", " pw"), ("Basic Y2k6YTpi", "ci a:b"),
        ("Basic w6k6w6k=", "é é"),
        // No padding, too much, bits of nothing, other alphabets, white space, nothing.
        ("Basic Y2k6cHc", "malformed"), ("Basic Y2k6cHc==", "malformed"), ("Basic Y2k6cHd=", "malformed"),
        ("Basic Y2k6cHc=Y2k6", "malformed"), ("Basic Y2k6 cHc=", "malformed"), ("Basic Y2k6cHc= ", "malformed"),
        ("Basic Y2k6cH-_", "malformed"), ("Basic ====", "malformed"), ("Basic =", "malformed"),
        ("Basic Y2k6c===", "malformed"),
        ("Basic ", "malformed"), ("Basic", "other"), ("Basi Y2k6cHc=", "other"), ("", "other"),
        ("Basic\tY2k6", "other"),
        ("Bearer Y2k6cHc=", "other"), ("BasicY2k6cHc=", "other"),
        // No colon, a NUL, a line end, bytes that are no UTF-8.
        ("Basic Y2k=", "malformed"), ("Basic Y2k6cAB3", "malformed"), ("Basic Y2kKOnB3", "malformed"),
        ("Basic /zpwdw==", "malformed"),
    ]

    @Test("Credentials are read strictly", arguments: readings)
    func read(_ field: String, _ expected: String) {
        let reading = Array(field.utf8).withUnsafeBytes { BasicCredentials.read($0) }
        switch reading {
        case .credentials(let shown):
            #expect("\(shown.user) \(String(decoding: shown.password, as: UTF8.self))" == expected)
        case .malformed: #expect(expected == "malformed")
        case .otherScheme: #expect(expected == "other")
        }
    }

    private static let without: [([(String, String)], String)] = [
        ([], "missing-credentials"), ([("Authorization", "Bearer x")], "missing-credentials"),
        ([("Authorization", "Basic x")], "invalid-credentials"),
        ([basic("ci:pw"), basic("ci:pw")], "ambiguous-credentials"),
        ([basic("ci:pw"), ("Authorization", "Bearer x")], "ambiguous-credentials"),
        ([basic("ci:pw")], "waits"), ([basic("nobody:pw")], "waits"),
    ]

    @Test("What is refused before any password is hashed", arguments: without)
    func early(_ headers: [(String, String)], _ expected: String) throws {
        let access = try TestAccess("basic", ["realm": "shop"], consumers: [consumer()])
        #expect(try access.outcome(TestRequest("GET", "/", headers)) == expected)
        let refusal = try access.check().refusal(TestRequest("GET", "/", headers))
        let line = refusal.map { String(decoding: $0.lines, as: UTF8.self) }
        #expect(
            line ?? "" == (expected == "waits" ? "" : "WWW-Authenticate: Basic realm=\"shop\", charset=\"UTF-8\"\r\n"))
    }

    private func question(_ access: TestAccess, _ request: TestRequest, _ findings: AccessFindings) throws
        -> PasswordQuestion
    {
        guard case .password(let question) = try access.check().wait(request, findings) else {
            throw Unusable(what: "no question")
        }
        return question
    }

    @Test("A right password passes, and is not asked about again")
    func right() throws {
        let access = try TestAccess("basic", ["forwardUser": "X-User"], consumers: [consumer()])
        let (findings, memory) = (AccessFindings(), AccessMemory())
        let request = TestRequest("GET", "/", [basic("ci:pw")])
        let question = try self.question(access, request, findings)
        #expect(question.user == "ci" && question.password == Array("pw".utf8) && question.hash == bcrypt)
        findings.learn(question, isRight: true)
        #expect(try access.outcome(request, findings, memory) == "pass")
        #expect(findings.text == "X-User: ci\r\n" && findings.stripped.isEmpty)
        #expect(try access.outcome(request, AccessFindings(), memory) == "pass")
        #expect(try access.outcome(TestRequest("GET", "/", [basic("ci:pW")]), AccessFindings(), memory) == "waits")
    }

    @Test("A wrong one, or one that waits for too long, does not")
    func wrong() throws {
        let access = try TestAccess("basic", [:], consumers: [consumer()])
        let request = TestRequest("GET", "/", [basic("ci:pw")])
        for (result, expected) in [(false, "invalid-credentials"), (nil, "authentication-overloaded")]
            as [(Bool?, String)]
        {
            let findings = AccessFindings()
            findings.learn(try self.question(access, request, findings), isRight: result)
            #expect(try access.outcome(request, findings) == expected)
        }
    }

    @Test("A user whom nobody knows, or who has no password, costs the same and is never right")
    func unknown() throws {
        let access = try TestAccess("basic", [:], consumers: [consumer(), consumer("keys", key: nil, user: nil)])
        for user in ["nobody", "keys", ""] {
            let findings = AccessFindings()
            let request = TestRequest("GET", "/", [basic("\(user):pw")])
            let question = try self.question(access, request, findings)
            #expect(question.hash.hasPrefix("$2b$10$") && question.hash.utf8.count == 60 && question.hash != bcrypt)
            findings.learn(question, isRight: true)
            #expect(try access.outcome(request, findings) == "invalid-credentials")
        }
        // Where nobody has a password, nobody can be found out.
        #expect(
            try TestAccess("basic", [:]).outcome(TestRequest("GET", "/", [basic("a:b")])) == "invalid-credentials")
    }

    @Test("Who may call is asked after the password")
    func selector() throws {
        let access = try TestAccess("basic", ["consumers": ["other"]], consumers: [consumer()])
        let findings = AccessFindings()
        let request = TestRequest("GET", "/", [basic("ci:pw")])
        let question = try self.question(access, request, findings)
        findings.learn(question, isRight: false)
        #expect(try access.outcome(request, findings) == "invalid-credentials")
        let others = AccessFindings()
        others.learn(try self.question(access, request, others), isRight: true)
        #expect(try access.outcome(request, others) == "consumer-denied")
    }

    @Test("A result is about the hash that was asked about: a password that was changed meanwhile is asked about again")
    func changed() throws {
        let before = try TestAccess("basic", [:], consumers: [consumer()])
        var secrets = Secrets()
        secrets["/basic/password"] = String(bcrypt.dropLast()) + "5"
        let document: JSON = ["name": "ci", "basic": ["username": "ci"], "secrets": .string(secrets.text)]
        let after = try TestAccess("basic", [:], consumers: [document])
        let (findings, memory) = (AccessFindings(), AccessMemory())
        let request = TestRequest("GET", "/", [basic("ci:pw")])
        findings.learn(try self.question(before, request, findings), isRight: true)
        #expect(try after.outcome(request, findings, memory) == "waits")
        #expect(try after.outcome(request, AccessFindings(), memory) == "waits")
    }

    @Test("The memory of passwords is bounded and forgets those nobody asks for")
    func cache() throws {
        let access = try TestAccess("basic", [:], consumers: [consumer()])
        let memory = AccessMemory()
        for index in 0...2100 {
            let request = TestRequest("GET", "/", [basic("ci:pw\(index)")])
            let findings = AccessFindings()
            findings.learn(try self.question(access, request, findings), isRight: true)
            #expect(try access.outcome(request, findings, memory) == "pass")
        }
        let last = TestRequest("GET", "/", [basic("ci:pw2100")])
        #expect(try access.outcome(last, AccessFindings(), memory) == "pass")
        let first = TestRequest("GET", "/", [basic("ci:pw0")])
        #expect(try access.outcome(first, AccessFindings(), memory) == "waits")
    }
}
