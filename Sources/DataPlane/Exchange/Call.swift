import HTTPWire
import Reactor
import Routing

/// What sets a call of gRPC apart from other exchanges (gRPC over HTTP/2, as its project defines it).
///
/// Such a call is known by its content type, on HTTP/2 alone: trailers are passed on, the answer's head ends the request's
/// time, and what the gateway itself has to say is a status of gRPC.
struct Call {
    /// The request is of `application/grpc`.
    var isGRPC = false
    /// The client takes trailers, and has said so.
    var takesTrailers = false
    /// By `grpc-timeout`: milliseconds on the loop's clock; `.max` for none.
    var deadline: UInt64 = .max
    /// Lines of trailers that go out when the answer's body has.
    var trailers: Buffer?
}

extension Worker {
    /// Reads from the head of a request on HTTP/2 whether it is a call.
    func recogniseCall(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        for index in 0..<self.requestHead.fields.count {
            let line = self.requestHead.fields[index]
            switch line.known {
            case .contentType: exchange.pointee.call.isGRPC = bytes.extracting(line.value.range).isGRPC
            case .te: exchange.pointee.call.takesTrailers = bytes.extracting(line.value.range).equals("trailers")
            case .other where line.name.count == 12 && bytes.extracting(line.name.range).equals("grpc-timeout"):
                guard let timeout = bytes.extracting(line.value.range).callTimeout else { continue }
                exchange.pointee.call.deadline = self.now &+ timeout
            default: break
            }
        }
        if !exchange.pointee.call.isGRPC { exchange.pointee.call.deadline = .max }
    }

    // MARK: Clocks

    /// A call may stay open for as long as it likes while something moves; once all of the request has come, the answer's
    /// head may take as long as the route says.
    func startCallClock(_ exchange: ExchangeRef) {
        let times = exchange.pointee.route?._withUnsafeGuaranteedRef { ($0.requestTimeout, $0.idleTimeout) } ?? (0, 0)
        let timeout = exchange.pointee.request.isComplete ? times.0 : times.1
        let limit = timeout > 0 ? self.now &+ timeout : .max
        exchange.pointee.deadline = exchange.pointee.call.deadline
        self.timers.set(exchange.timer, deadline: min(limit, exchange.pointee.deadline))
    }

    // MARK: What the gateway says

    /// The answer to a call in the gateway's own name: a head that is trailers too.
    func answerCall(_ exchange: ExchangeRef, _ reason: Reason, status: UInt16) {
        exchange.pointee.response.status = 200
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        writer.append("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n")
        writer.append(callStatus: reason, status: status)
        writer.append("\r\n")
        self.answerStream(exchange, writer)
    }

    /// Ends a call whose answer has begun.
    func endCall(_ exchange: ExchangeRef, _ reason: Reason) {
        guard exchange.pointee.output == nil, !exchange.pointee.response.isComplete else {
            return self.abort(exchange, reason)
        }
        self.releaseUpstream(exchange, reusable: false)
        exchange.pointee.reason = reason
        self.counters.count(reason)
        exchange.pointee.deadline = .max
        exchange.pointee.response.isComplete = true
        var writer = ByteWriter(self.scratchOut, capacity: 256)
        writer.append(callStatus: reason, status: reason.status)
        self.giveBack(&exchange.pointee.call.trailers)
        self.append(writer.base, count: writer.count, to: &exchange.pointee.call.trailers)
        self.answerIsWritten(exchange)
    }
}

extension ByteWriter {
    fileprivate mutating func append(callStatus reason: Reason, status: UInt16) {
        self.append("grpc-status: ")
        self.append(decimal: status.callStatus)
        self.append("\r\ngrpc-message: ")
        self.append(reason.code)
        self.append("\r\n")
    }
}

extension UInt16 {
    /// The status code of gRPC that says the same as one of HTTP.
    fileprivate var callStatus: UInt64 {
        switch self {
        case 400: 13
        case 401: 16
        case 403: 7
        case 404: 12
        case 408, 504: 4
        case 429, 503: 14
        default: 2
        }
    }
}

extension Span<UInt8> {
    /// A media type `application/grpc`, also with a suffix that names the encoding of messages.
    fileprivate var isGRPC: Bool {
        let name: StaticString = "application/grpc"
        guard self.hasPrefix(name) else { return false }
        guard self.count > name.utf8CodeUnitCount else { return true }
        let next = self[name.utf8CodeUnitCount]
        return next == 0x2B || next == 0x3B || next == 0x20
    }

    /// Milliseconds of a `grpc-timeout`, rounded up: up to eight digits and a unit; `nil` for anything else.
    fileprivate var callTimeout: UInt64? {
        guard self.count >= 2, self.count <= 9, let digits = self.extracting(0..<(self.count - 1)).contentLength else {
            return nil
        }
        switch self[self.count - 1] {
        case 0x48: return digits * 3_600_000
        case 0x4D: return digits * 60_000
        case 0x53: return digits * 1000
        case 0x6D: return digits
        case 0x75: return (digits + 999) / 1000
        case 0x6E: return (digits + 999_999) / 1_000_000
        default: return nil
        }
    }
}
