/// What the fields of one message say about its connection and its body; shared by requests and responses.
struct MessageControl {
    private(set) var contentLength: UInt64?
    private(set) var isChunked = false
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var namesFields = false
    /// `Connection: upgrade`, and `Upgrade` with `websocket` among what it offers.
    private(set) var upgrades = false
    private(set) var namesWebSocket = false

    /// Takes one line into account; `false` when it makes the framing ambiguous and the message must be refused.
    ///
    /// Framing is read more strictly than RFC 9112 section 6.3 asks for: a second `Content-Length`, even an equal one,
    /// and any `Transfer-Encoding` but a single `chunked` are refused, because they are how smuggling starts.
    mutating func take(_ line: FieldLine, in bytes: Span<UInt8>) -> Bool {
        switch line.known {
        case .contentLength:
            guard self.contentLength == nil, let length = bytes.extracting(line.value.range).contentLength else {
                return false
            }
            self.contentLength = length
        case .transferEncoding:
            guard !self.isChunked, bytes.extracting(line.value.range).equals("chunked") else { return false }
            self.isChunked = true
        case .connection:
            self.readConnection(bytes.extracting(line.value.range))
        case .upgrade:
            self.readUpgrade(bytes.extracting(line.value.range))
        default:
            break
        }
        return !(self.isChunked && self.contentLength != nil)
    }

    private mutating func readConnection(_ value: Span<UInt8>) {
        var closes = false
        var keepsAlive = false
        var namesFields = false
        var upgrades = false
        value.forEachListElement { range in
            let option = value.extracting(range)
            if option.equals("close") {
                closes = true
            } else if option.equals("keep-alive") {
                keepsAlive = true
            } else {
                namesFields = true
                if option.equals("upgrade") { upgrades = true }
            }
        }
        self.closes = self.closes || closes
        self.keepsAlive = self.keepsAlive || keepsAlive
        self.namesFields = self.namesFields || namesFields
        self.upgrades = self.upgrades || upgrades
    }

    private mutating func readUpgrade(_ value: Span<UInt8>) {
        var namesWebSocket = false
        value.forEachListElement { if value.extracting($0).equals("websocket") { namesWebSocket = true } }
        self.namesWebSocket = self.namesWebSocket || namesWebSocket
    }

    /// Whether the connection may serve another message after this one (RFC 9112 section 9.3).
    func persists(_ version: HTTPVersion) -> Bool {
        !self.closes && (version == .http11 || self.keepsAlive)
    }
}

extension FieldLines {
    /// Drops what any `Connection` line names. Rare: called only when one names something besides `close` and `keep-alive`.
    @inline(never)
    mutating func dropNamedByConnection(in bytes: Span<UInt8>) {
        for index in 0..<self.count where self[index].known == .connection {
            let value = bytes.extracting(self[index].value.range)
            var names: [Range<Int>] = []
            value.forEachListElement { names.append($0) }
            for name in names { self.drop(named: value.extracting(name), in: bytes) }
        }
    }
}
