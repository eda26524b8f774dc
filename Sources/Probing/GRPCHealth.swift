/// `grpc.health.v1.Health/Check`: the question and the answer as one message of gRPC each, a length in front of protobuf.
package enum GRPCHealth {
    package static let path = "/grpc.health.v1.Health/Check"

    /// What a server says of a service.
    package enum Status: Equatable, Sendable {
        case unknown, serving, notServing, serviceUnknown
        case other(UInt64)
    }

    /// `HealthCheckRequest`.
    package static func question(service: String) -> [UInt8] {
        let name = Array(service.utf8)
        var message: [UInt8] = []
        if !name.isEmpty {
            message.append(0x0A)
            var rest = name.count
            while rest >= 0x80 {
                message.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            message.append(UInt8(truncatingIfNeeded: rest))
            message += name
        }
        let count = UInt32(clamping: message.count)
        return [0] + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
            + message
    }

    /// Reads `HealthCheckResponse`; what comes behind it is not looked at.
    ///
    /// - Returns: `nil` when it is cut off, compressed or no protobuf.
    package static func status(_ answer: [UInt8]) -> Status? {
        guard answer.count >= 5, answer[0] == 0 else { return nil }
        let count = answer[1..<5].reduce(0) { $0 << 8 | Int($1) }
        guard count <= answer.count - 5 else { return nil }
        var message = answer[5..<5 + count]
        var status: UInt64 = 0
        while !message.isEmpty {
            guard let tag = Self.varint(&message), tag >> 3 > 0 else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = Self.varint(&message) else { return nil }
                if tag >> 3 == 1 { status = value }
            case 1: if !Self.skip(8, &message) { return nil }
            case 2: if !(Self.varint(&message).map { Self.skip($0, &message) } ?? false) { return nil }
            case 5: if !Self.skip(4, &message) { return nil }
            default: return nil
            }
        }
        return Self.named(status)
    }

    private static func named(_ status: UInt64) -> Status {
        switch status {
        case 0: .unknown
        case 1: .serving
        case 2: .notServing
        case 3: .serviceUnknown
        default: .other(status)
        }
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func skip(_ count: UInt64, _ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard count <= UInt64(bytes.count) else { return false }
        bytes = bytes.dropFirst(Int(clamping: count))
        return true
    }
}
