import Reactor
import Testing

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "Text comes back as it was meant",
        arguments: [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::ffff:1.2.3.4", "1.2.3.4"), ("nonsense", nil)])
    func text(_ literal: String, _ expected: String?) {
        let address = SocketAddress(literal: literal, port: 80)
        #expect((address == nil) == (expected == nil))
        guard let address else { return }
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
        defer { memory.deallocate() }
        let count = address.writeHost(into: memory, capacity: 64)
        #expect(String(decoding: UnsafeBufferPointer(start: memory, count: count), as: UTF8.self) == expected)
    }
}
