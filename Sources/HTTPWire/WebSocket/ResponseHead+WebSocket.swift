extension ResponseHead {
    /// The value of `Sec-WebSocket-Accept` (RFC 6455 section 4.2.2), which is not passed on from here on.
    ///
    /// - Returns: `nil` unless there is exactly one.
    package mutating func takeWebSocketAccept(of bytes: Span<UInt8>) -> Slice? {
        var found: Slice?
        var count = 0
        for index in 0..<self.fields.count
        where bytes.extracting(self.fields[index].name.range).equals("sec-websocket-accept") {
            found = self.fields[index].value
            count += 1
            self.fields.drop(at: index)
        }
        return count == 1 ? found : nil
    }
}
