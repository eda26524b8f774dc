import Testing

@testable import Supervision

@Suite("Keys of session tickets")
struct TicketKeyRingTests {
    private static let start = Instant(milliseconds: 5_000)
    private static let hour = TicketKeyRing.rotationMilliseconds

    private static func key(_ byte: UInt8) -> [UInt8] { Array(repeating: byte, count: TicketKeyRing.keyBytes) }

    @Test("The first key is due at once, the next one an hour later")
    func rotation() {
        var ring = TicketKeyRing(at: Self.start)
        #expect(ring.isDue(at: Self.start) && ring.keys.isEmpty)
        ring.rotate(to: Self.key(1), at: Self.start)
        #expect(!ring.isDue(at: Self.start.advanced(by: Self.hour - 1)))
        #expect(ring.isDue(at: Self.start.advanced(by: Self.hour)))
    }

    @Test("Three keys are kept, newest first")
    func kept() {
        var ring = TicketKeyRing(at: Self.start)
        for byte: UInt8 in 1...5 { ring.rotate(to: Self.key(byte), at: Self.start) }
        #expect(ring.keys == [Self.key(5), Self.key(4), Self.key(3)])
    }

    @Test("Where no key can be had, the old ones stay, and another try is made a minute later")
    func wrongLength() {
        var ring = TicketKeyRing(at: Self.start)
        ring.rotate(to: [1, 2, 3], at: Self.start)
        #expect(ring.keys.isEmpty && !ring.isDue(at: Self.start))
        #expect(ring.isDue(at: Self.start.advanced(by: TicketKeyRing.retryMilliseconds)))
    }

    @Test("A successor rotates when its predecessor would have")
    func handedOver() {
        let ring = TicketKeyRing(
            handed: [Self.key(2), Self.key(1)], rotatesInMilliseconds: 1_000, at: Self.start)
        #expect(ring.keys == [Self.key(2), Self.key(1)])
        #expect(ring.rotatesAt == Self.start.advanced(by: 1_000))
    }

    @Test("A predecessor that knew no keys, or absurd ones, is no reason to have none")
    func nothingHanded() {
        #expect(TicketKeyRing(handed: [], rotatesInMilliseconds: 1_000, at: Self.start).isDue(at: Self.start))
        let absurd = TicketKeyRing(handed: [[1], Self.key(1)], rotatesInMilliseconds: .max, at: Self.start)
        #expect(absurd.keys == [Self.key(1)] && absurd.rotatesAt == Self.start.advanced(by: Self.hour))
    }
}
