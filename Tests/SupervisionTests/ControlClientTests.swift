import ControlClient
import Testing

@Suite("Client of the control plane")
struct ControlClientTests {
    private static func client(_ server: OneAnswerServer) throws -> ControlClient {
        try ControlClient(ClientSettings(url: server.url + "/", token: "secret", userAgent: "test"))
    }

    @Test("The token and the body go out, status, headers and body come back")
    func exchange() throws {
        let server = try OneAnswerServer("HTTP/1.1 201 Created\r\nX-Config-Version:  7 \r\nContent-Length: 2\r\n\r\nok")
        let client = try Self.client(server)
        var request = ClientRequest(.put, "/v1/routes/a")
        request.body = Array("{}".utf8)
        let answer = try client.send(request)
        #expect(answer.status == 201)
        #expect(answer.header("x-config-version") == "7")
        #expect(String(decoding: answer.body, as: UTF8.self) == "ok")
        let sent = server.received()
        #expect(sent.hasPrefix("PUT /v1/routes/a HTTP/1.1\r\n"))
        #expect(sent.contains("\r\nAuthorization: Bearer secret\r\n"))
        #expect(sent.hasSuffix("\r\n\r\n{}"))
    }

    @Test("A redirect is an answer, not an invitation: the token goes nowhere else")
    func noRedirects() throws {
        let server = try OneAnswerServer(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        let client = try Self.client(server)
        #expect(try client.send(ClientRequest(.get, "/")).status == 302)
    }

    @Test("A longer body than allowed fails the call")
    func bodyLimit() throws {
        let server = try OneAnswerServer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
        let client = try Self.client(server)
        var request = ClientRequest(.get, "/")
        request.maximumBytes = 9
        #expect(throws: ClientError.bodyTooLarge(limit: 9)) { try client.send(request) }
    }

    @Test("A call that was cancelled ends as cancelled")
    func cancelled() throws {
        let server = try OneAnswerServer(nil)
        let client = try Self.client(server)
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: ClientError.cancelled) { try client.send(ClientRequest(.get, "/"), cancellation: cancellation) }
    }

    @Test("A server that says nothing is unreachable after the time-out")
    func timeout() throws {
        let server = try OneAnswerServer(nil)
        let client = try Self.client(server)
        var request = ClientRequest(.get, "/")
        request.timeoutMilliseconds = 50
        #expect(throws: ClientError.self) { try client.send(request) }
    }

    @Test(
        "URLs and tokens are checked before anything is sent",
        arguments: [("ftp://host", "t"), ("http://", "t"), ("http://a b", "t"), ("http://host", "a\r\nX: y")])
    func settings(url: String, token: String) {
        #expect(throws: ClientError.self) { try ClientSettings(url: url, token: token, userAgent: "test") }
    }

    @Test("Names and digests are escaped for paths and queries")
    func escaping() {
        #expect(ClientRequest.escaped("sha256:ab/ü~") == "sha256%3Aab%2F%C3%BC~")
    }
}
