import GatewayModel
import JOSE
import Testing

/// What a credential stands for; counts how many there are.
private final class Value {
    final class Census { var alive = 0 }

    let number: Int
    private let census: Census

    init(_ number: Int, _ census: Census) {
        self.number = number
        self.census = census
        census.alive += 1
    }

    deinit { self.census.alive -= 1 }
}

/// Small numbers that look random and are the same in each run.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ self.state >> 29
    }
}

extension CredentialCache where Value == JOSETests.Value {
    fileprivate func number(_ text: String, _ scope: UInt64 = 1) -> Int? {
        Array(text.utf8).withUnsafeBytes { self.find($0, scope: scope)?._withUnsafeGuaranteedRef { $0.number } }
    }

    fileprivate mutating func keep(_ text: String, _ value: Value, _ scope: UInt64 = 1) {
        Array(text.utf8).withUnsafeBytes { self.insert($0, scope: scope, value) }
    }
}

@Suite("The cache of credentials")
struct CacheTests {
    private let census = Value.Census()

    private func cache(_ entries: Int, _ bytes: Int = 1 << 20) -> CredentialCache<Value> {
        CredentialCache(entries: entries, bytes: bytes, key: (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210))
    }

    @Test("What was kept is found by its bytes and scope, and by nothing else")
    func findsExactly() {
        var cache = self.cache(8)
        #expect(cache.number("token") == nil)
        cache.keep("token", Value(1, self.census))
        cache.keep("", Value(2, self.census))
        #expect(cache.number("token") == 1)
        #expect(cache.number("") == 2)
        for other in ["toke", "tokens", "Token", "token\0", "\0token"] { #expect(cache.number(other) == nil) }
        #expect(cache.number("token", 2) == nil)
        cache.keep("token", Value(3, self.census))
        #expect(cache.number("token") == 3)
        #expect(cache.count == 2)
        #expect(self.census.alive == 2)
        cache.removeAll()
        #expect(cache.number("token") == nil)
        #expect(cache.count == 0)
        #expect(cache.byteCount == 0)
        #expect(self.census.alive == 0)
    }

    @Test("Tokens that differ in one byte anywhere are told apart")
    func nearMisses() {
        let long = Array(Fixture.token(.rs256).utf8)
        var cache = self.cache(2)
        long.withUnsafeBytes { cache.insert($0, scope: 1, Value(1, self.census)) }
        for index in long.indices {
            var other = long
            other[index] ^= 1
            other.withUnsafeBytes { #expect(cache.find($0, scope: 1) == nil) }
            long[..<index].withUnsafeBytes { #expect(cache.find($0, scope: 1) == nil) }
        }
        long.withUnsafeBytes { #expect(cache.find($0, scope: 1) != nil) }
    }

    @Test("What is asked for stays while what is not makes room")
    func secondChance() {
        var cache = self.cache(16)
        cache.keep("wanted", Value(-1, self.census))
        for index in 0..<1000 {
            #expect(cache.number("wanted") == -1)
            cache.keep("other \(index)", Value(index, self.census))
            #expect(cache.count <= 16)
        }
        #expect(self.census.alive == 16)
    }

    @Test("Bytes are bounded; what could never fit is not kept and drops what was there before")
    func bytes() {
        var cache = self.cache(100, 100)
        for index in 0..<50 { cache.keep(String(repeating: "x", count: index), Value(index, self.census)) }
        #expect(cache.byteCount <= 100)
        let before = cache.count
        cache.keep(String(repeating: "y", count: 101), Value(0, self.census))
        #expect(cache.count == before)
        cache.keep(String(repeating: "y", count: 100), Value(7, self.census))
        #expect(cache.count == 1)
        #expect(cache.number(String(repeating: "y", count: 100)) == 7)
    }

    @Test("A cache that has gone keeps nothing alive")
    func ending() {
        do {
            var cache = self.cache(8)
            for index in 0..<20 { cache.keep("\(index)", Value(index, self.census)) }
            #expect(self.census.alive == 8)
        }
        #expect(self.census.alive == 0)
    }

    @Test("It agrees with a plain table on whatever it finds", arguments: 0..<20)
    func model(seed: Int) {
        var numbers = Numbers(state: UInt64(seed) &* 77 &+ 5)
        let (entries, limit) = (1 + Int(numbers.next() % 12), 20 + Int(numbers.next() % 200))
        var cache = self.cache(entries, limit)
        var model: [String: Int] = [:]
        for step in 0..<2000 {
            let text = String(repeating: "k", count: Int(numbers.next() % 30)) + "\(numbers.next() % 8)"
            let scope = numbers.next() % 3
            let key = "\(scope) \(text)"
            switch numbers.next() % 16 {
            case 0..<6:
                cache.keep(text, Value(step, self.census), scope)
                model[key] = step
                if text.utf8.count <= limit { #expect(cache.number(text, scope) == step) }
            case 6..<8:
                Array(text.utf8).withUnsafeBytes { cache.remove($0, scope: scope) }
                model[key] = nil
                #expect(cache.number(text, scope) == nil)
            case 8 where numbers.next() % 16 == 0:
                cache.removeAll()
                model = [:]
            default:
                let found = cache.number(text, scope)
                #expect(found == nil || found == model[key])
            }
            #expect(cache.count <= entries && cache.byteCount <= limit && self.census.alive == cache.count)
        }
    }

    @Test("Where everything fits nothing is forgotten")
    func nothingForgotten() {
        var cache = self.cache(1000)
        for index in 0..<1000 { cache.keep("token \(index)", Value(index, self.census), UInt64(index % 5)) }
        for index in 0..<1000 { #expect(cache.number("token \(index)", UInt64(index % 5)) == index) }
        #expect(cache.count == 1000)
    }
}
