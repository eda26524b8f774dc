import HTTPWire

/// What a caller of the admin port wants, or why it is refused.
enum AdminRequest: Equatable {
    case call(method: String, path: String, host: String)
    case incomplete
    /// The head is no HTTP that is understood here.
    case refused(status: Int)

    static let limits = HeadLimits(bytes: 8 * 1024, targetBytes: 2 * 1024, fields: 64)

    init(parsing bytes: [UInt8]) {
        var head = RequestHead(fieldCapacity: 64)
        switch head.parse(bytes.span, limits: Self.limits) {
        case .incomplete: self = .incomplete
        case .refused(.malformed): self = .refused(status: 400)
        case .refused(.targetTooLong): self = .refused(status: 414)
        case .refused(.headTooLarge): self = .refused(status: 431)
        case .refused(.unsupportedVersion): self = .refused(status: 505)
        case .complete:
            self = .call(
                method: Self.text(bytes, head.methodBytes), path: Self.text(bytes, head.path),
                host: Self.text(bytes, head.host).lowercased())
        }
    }

    private static func text(_ bytes: [UInt8], _ slice: Slice) -> String {
        String(decoding: bytes[slice.range], as: UTF8.self)
    }
}
