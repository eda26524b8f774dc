import HTTPWire
import Reactor

/// One address of an upstream, with the connections to it that wait for a request, last used first.
///
/// It keeps its place in the pool for as long as a connection refers to it; then another may have the place.
struct Endpoint {
    let address: SocketAddress
    /// `address:port` as it stands in logs.
    let text: UnsafeMutableBufferPointer<UInt8>
    /// The value of the cookie that keeps a client here.
    var token = InlineArray<22, UInt8>(repeating: 0)
    /// Retained; `nil`: without TLS.
    let context: Unmanaged<TLSClientContext>?
    var idle: UpstreamRef?
    /// Connections of HTTP/2.
    var carriers: UpstreamRef?
    /// Cells that refer to it, idle ones among them.
    var connections = 0
    /// What it chose the last time, where HTTP/2 was offered too.
    var prefersHTTP1 = false
    /// The upstream has it; else it is on its way out, or its place is free.
    var isPresent = true
    /// By the supervisor's probes.
    var isUnhealthy = false
    /// By what requests came to.
    var isEjected = false

    init(address: SocketAddress, text: String, context: TLSClientContext?) {
        self.context = context.map { Unmanaged.passRetained($0) }
        self.address = address
        self.text = .allocate(capacity: text.utf8.count)
        _ = self.text.initialize(from: text.utf8)
    }

    var isUsable: Bool { self.isPresent && !self.isUnhealthy && !self.isEjected }
    var isFree: Bool { !self.isPresent && self.connections == 0 }
    var authority: String { String(decoding: self.text, as: UTF8.self) }

    func deallocate() {
        self.text.deallocate()
        self.context?.release()
    }
}

extension ByteWriter {
    mutating func append(_ text: UnsafeMutableBufferPointer<UInt8>) {
        guard let base = text.baseAddress else { return }
        self.append(base, count: text.count)
    }
}
