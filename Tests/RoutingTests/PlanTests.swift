import GatewayModel
import HTTPWire
import Routing
import Testing

/// The plan of a route from its document, without its name.
func plan(_ text: String) throws -> RoutePlan {
    let document = try JSON(parsing: #"{"name":"route",\#(text)}"#)
    guard case .route(let route) = try Resource(kind: .route, name: nil, document: document).spec else {
        throw NotARoute()
    }
    var patterns = PatternPool()
    return try #require(
        try RoutePlan(route, slot: { _ in 0 }, token: { Array("\($0)\($1)".utf8) }, patterns: &patterns))
}

@Suite("Paths of rewrites and redirects")
struct PathChangeTests {
    static let slashRules: [(String, String, String, String)] = [
        ("/foo", "/xyz", "/foo/bar", "/xyz/bar"), ("/foo", "/xyz/", "/foo/bar", "/xyz/bar"),
        ("/foo/", "/xyz", "/foo/bar", "/xyz/bar"), ("/foo/", "/xyz/", "/foo/bar", "/xyz/bar"),
        ("/foo", "/xyz", "/foo", "/xyz"), ("/foo", "/xyz", "/foo/", "/xyz/"), ("/foo", "", "/foo/bar", "/bar"),
        ("/foo", "/", "/foo/bar", "/bar"), ("/foo", "", "/foo/", "/"), ("/foo", "", "/foo", "/"),
        ("/foo", "/", "/foo/", "/"), ("/foo", "/", "/foo", "/"), ("/", "/xyz", "/foo", "/xyz/foo"),
        ("/", "/xyz", "/", "/xyz/"), ("/", "/", "/a/b", "/a/b"), ("/a/b", "/x/y/z", "/a/b/c/", "/x/y/z/c/"),
    ]

    private func changed(_ prefix: String, _ replacement: String, _ path: String) throws -> String {
        let plan = try plan(
            #"""
            "matches":[{"path":{"prefix":"\#(prefix)"}}],"forward":[{"upstream":"o"}],
            "rewrite":{"path":{"replacePrefix":"\#(replacement)"}}
            """#)
        let change = try #require(plan.share(at: 0)?.pointee.rewrite?.path)
        return write(change, path, match: prefix == "/" ? "" : prefix)
    }

    @Test("A replaced prefix keeps single slashes", arguments: PathChangeTests.slashRules)
    func documented(prefix: String, replacement: String, path: String, expected: String) throws {
        #expect(try self.changed(prefix, replacement, path) == expected)
    }

    @Test("Of any path what is behind the prefix stays, and no slash is doubled or lost")
    func property() throws {
        var random = Lehmer(state: 7)
        func segments(_ count: Int) -> [String] {
            (0..<count).map { _ in ["a", "bc", "d;p=1", "%C3%A4"][Int(random.next() % 4)] }
        }
        for _ in 0..<500 {
            let prefix = segments(Int(random.next() % 3)).map { $0 == "d;p=1" ? "d" : $0 }
            let new = segments(Int(random.next() % 3))
            let rest = segments(Int(random.next() % 3))
            let endsInSlash = random.next() % 2 == 0
            let path =
                "/" + (prefix + rest).joined(separator: "/") + (endsInSlash && !(prefix + rest).isEmpty ? "/" : "")
            let text = "/" + new.joined(separator: "/") + (random.next() % 2 == 0 && !new.isEmpty ? "/" : "")
            let result = try self.changed("/" + prefix.joined(separator: "/"), text, path)
            let kept = String(path.dropFirst(prefix.isEmpty ? 0 : prefix.joined(separator: "/").utf8.count + 1))
            #expect(result.hasPrefix("/") && !result.contains("//"), "\(path) \(text) \(result)")
            if kept.isEmpty {
                #expect(result == text)
            } else {
                #expect(result == (new.isEmpty ? "" : "/" + new.joined(separator: "/")) + kept)
            }
        }
    }

    @Test("A path that has no room is not written past its end")
    func room() throws {
        let plan = try plan(#""redirect":{"path":{"replaceFull":"/0123456789"}}"#)
        let change = try #require(plan.answer?.redirect?.path)
        var bytes: [UInt8] = Array(repeating: 0, count: 16)
        bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var writer = ByteWriter(base, capacity: 5)
            let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
            change.write(nothing, match: nothing[...], into: &writer)
            #expect(writer.isOverrun && buffer[5...].allSatisfy { $0 == 0 })
        }
    }
}

@Suite("Splits")
struct SplitPlanTests {
    private static let shares =
        #""forward":[{"upstream":"a","weight":3},{"upstream":"b","weight":0},{"upstream":"a","weight":1}]"#

    @Test("Shares have their turns exactly")
    func turns() throws {
        let plan = try plan(Self.shares)
        let taken = (0..<400).compactMap { _ in plan.nextShare() }
        #expect(taken.count { $0 == 0 } == 300 && taken.count { $0 == 2 } == 100)
    }

    @Test("Without any weight there is no share")
    func nothing() throws {
        let plan = try plan(#""forward":[{"upstream":"a","weight":0}],"sticky":{"by":"client-address"}"#)
        #expect(plan.nextShare() == nil && plan.share(of: 7) == nil)
    }

    @Test("A cookie names its share, unless that gets nothing any more")
    func cookies() throws {
        let plan = try plan(#"\#(Self.shares),"sticky":{"by":"cookie","name":"c","lifetime":"90s"}"#)
        func share(_ token: String) -> Int? {
            var token = token
            return token.withUTF8 { plan.share(named: UnsafeRawBufferPointer($0)) }
        }
        #expect(share("a0") == 0 && share("a1") == 2 && share("b0") == nil && share("") == nil && share("a") == nil)
        let cookie = try #require(plan.share(at: 2)?.pointee.cookie)
        #expect(String(decoding: cookie, as: UTF8.self) == "c=a1; Path=/; HttpOnly; SameSite=Lax; Max-Age=90")
    }
}

@Suite("Header rules")
struct FieldRuleTests {
    private static let head =
        "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nX-B: 1\r\nDate: now\r\nContent-Length: 0\r\nX-C:   3  \r\n\r\n"

    private func applied(_ rules: String, share: String = "{}") throws -> [String] {
        let plan = try plan(
            #""responseHeaders":\#(rules),"forward":[{"upstream":"o","responseHeaders":\#(share)},{"upstream":"p"}]"#)
        let rules = try #require(plan.share(at: 0)?.pointee.answerRules)
        var head = ResponseHead()
        let bytes = Array(Self.head.utf8)
        _ = head.parse(bytes.span, limits: HeadLimits(bytes: 1000, targetBytes: 0, fields: 20))
        head.withhold(rules, of: bytes.span)
        var output: [UInt8] = Array(repeating: 0, count: 1000)
        let count = output.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            var writer = ByteWriter(base, capacity: buffer.count)
            writer.append(head.fields, of: bytes.span)
            writer.append(rules)
            return writer.count
        }
        return String(decoding: output[..<count], as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test("set replaces, add appends, remove removes, whatever the case")
    func rules() throws {
        let lines = try self.applied(#"{"set":{"x-A":"new"},"add":{"X-B":["2","3"]},"remove":["X-c","x-none"]}"#)
        #expect(lines == ["X-B: 1", "Date: now", "x-A: new", "X-B: 2", "X-B: 3"])
    }

    @Test("A name may be removed and added anew in one rule")
    func replacing() throws {
        #expect(
            try self.applied(#"{"add":{"X-A":["8","9"]},"remove":["x-a","x-b","x-c","date"]}"#) == ["X-A: 8", "X-A: 9"])
    }

    @Test("Rules of the share see what those of the route have made")
    func order() throws {
        let lines = try self.applied(
            #"{"set":{"X-A":"route"},"add":{"X-N":"route","X-M":"route"},"remove":["x-b","date"]}"#,
            share: #"{"set":{"x-n":"share"},"add":{"X-A":"share","X-B":"share"},"remove":["x-c"]}"#)
        #expect(lines == ["X-A: route", "X-M: route", "x-n: share", "X-A: share", "X-B: share"])
    }

    @Test("Lines of the gateway's own are told of")
    func own() throws {
        let plan = try plan(
            #""requestHeaders":{"set":{"X-Request-ID":"1"},"remove":["x-forwarded-for"],"add":{"Date":"2"}},"forward":[{"upstream":"o"}]"#
        )
        let rules = try #require(plan.share(at: 0)?.pointee.requestRules)
        #expect(rules.own == [.requestID, .forwardedFor] && !rules.namesCoding)
        #expect(plan.share(at: 0)?.pointee.answerRules == nil)
    }

    @Test("A fixed answer has its own fields, changed by the rules of its route")
    func fixed() throws {
        let plan = try plan(
            #""respond":{"contentType":"a/b","body":"{}","headers":{"X-A":["1","2"],"X-B":"1"}},"responseHeaders":{"set":{"X-B":"2"}}"#
        )
        let answer = try #require(plan.answer)
        #expect(
            String(decoding: answer.rules.lines, as: UTF8.self) == "Content-Type: a/b\r\nX-A: 1\r\nX-A: 2\r\nX-B: 2\r\n"
        )
        #expect(plan.share(at: 0) == nil)
    }
}

private func write(_ change: PathChange, _ path: String, match: String) -> String {
    var (path, match) = (path, match.hasSuffix("/") ? String(match.dropLast()) : match)
    var output: [UInt8] = Array(repeating: 0, count: 1000)
    let count = output.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        var writer = ByteWriter(base, capacity: buffer.count)
        path.withUTF8 { path in
            match.withUTF8 { change.write(path, match: $0[...], into: &writer) }
        }
        return writer.count
    }
    return String(decoding: output[..<count], as: UTF8.self)
}

private struct Lehmer {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state >> 33
    }
}
