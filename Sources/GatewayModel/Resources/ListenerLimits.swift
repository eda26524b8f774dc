/// What one connection and one request may at most be and take; 0 milliseconds is no limit.
package struct ListenerLimits: Hashable, Sendable {
    /// Client connections that a replica has open at once.
    package var maxConnections = 10_000
    /// Of a request head, its first line and all fields; more is 431.
    package var headerBytes = 32 << 10
    /// Fields of a request head; more is 431.
    package var headerCount = 100
    /// From the connection to the end of the TLS handshake, a header of the PROXY protocol included.
    package var handshakeTimeout: Milliseconds = 10_000
    /// Until a request head is complete; later is 408.
    package var headerTimeout: Milliseconds = 10_000
    /// For a request body that does not keep coming; later is 408.
    package var bodyTimeout: Milliseconds = 60_000
    /// Silence between two requests of a connection, which is then closed.
    package var idleTimeout: Milliseconds = 60_000
    /// The connection is closed after so many.
    package var requestsPerConnection = 10_000
    /// Of a request body; more is 413, `nil` is no limit.
    package var bodyBytes: Int?
}

extension ListenerLimits {
    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.maxConnections = reader.read("maxConnections", default: self.maxConnections) {
            collector.integer($0, in: 1...10_000_000).map { Int($0) }
        }
        self.headerBytes = reader.read("headerBytes", default: self.headerBytes) {
            collector.size($0, in: 256...65_536)
        }
        self.headerCount = reader.read("headerCount", default: self.headerCount) {
            collector.integer($0, in: 1...1000).map { Int($0) }
        }
        self.requestsPerConnection = reader.read("requestsPerConnection", default: self.requestsPerConnection) {
            collector.integer($0, in: 1...1_000_000_000).map { Int($0) }
        }
        self.bodyBytes = reader.read("bodyBytes", default: nil) {
            collector.size($0, in: 0...Int64.max).map { Optional($0) }
        }
        self.handshakeTimeout = reader.read("handshakeTimeout", default: self.handshakeTimeout) {
            collector.duration($0)
        }
        self.headerTimeout = reader.read("headerTimeout", default: self.headerTimeout) {
            collector.duration($0)
        }
        self.bodyTimeout = reader.read("bodyTimeout", default: self.bodyTimeout) { collector.duration($0) }
        self.idleTimeout = reader.read("idleTimeout", default: self.idleTimeout) { collector.duration($0) }
    }
}
