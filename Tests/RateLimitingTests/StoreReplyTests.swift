import RateLimiting
import Testing

@Suite("What a store says") struct StoreReplyTests {
    private static let whole: [(String, StoreReply)] = [
        ("+OK\r\n", .text(Array("OK".utf8))), ("-NOSCRIPT x\r\n", .failure(Array("NOSCRIPT x".utf8))),
        (":-7\r\n", .integer(-7)),
        ("$3\r\na\rb\r\n", .bulk(Array("a\rb".utf8))), ("$-1\r\n", .bulk(nil)), ("*-1\r\n", .list(nil)),
        ("*0\r\n", .list([])),
        ("*2\r\n:1\r\n*1\r\n$0\r\n\r\n", .list([.integer(1), .list([.bulk([])])])),
    ]

    @Test("Replies are read with their length, and what follows is another", arguments: 0..<8)
    func read(_ index: Int) {
        let (text, reply) = Self.whole[index]
        let bytes = Array(text.utf8)
        #expect(StoreReply.read(bytes + [0x2B]) == .reply(reply, length: bytes.count))
        for count in 0..<bytes.count { #expect(StoreReply.read(bytes.prefix(count)) == .incomplete) }
    }

    @Test(
        "What is no reply is malformed",
        arguments: [
            "?x\r\n", ":\r\n", ":9a\r\n", "$-2\r\n", "$99999999\r\n", "*257\r\n", "$1\r\nabc", "+a\rb\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "+" + String(repeating: "x", count: 600),
        ])
    func malformed(_ text: String) { #expect(StoreReply.read(Array(text.utf8)) == .malformed) }

    @Test("No bytes trap")
    func anyBytes() {
        var random = Sequence64(state: 3)
        let signs = Array("+-:$*0123456789\r\nx".utf8)
        for _ in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in signs.randomElement(using: &random) ?? 0
            }
            if case .reply(_, let length) = StoreReply.read(bytes) { #expect((1...bytes.count).contains(length)) }
        }
    }

    @Test("Commands are lists of words")
    func commands() {
        var bytes: [UInt8] = []
        StoreCommand.append([Array("GET".utf8), Array("a b".utf8), []], to: &bytes)
        #expect(bytes == Array("*3\r\n$3\r\nGET\r\n$3\r\na b\r\n$0\r\n\r\n".utf8))
    }
}
