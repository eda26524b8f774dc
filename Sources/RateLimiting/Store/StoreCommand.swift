/// Commands to the store, as RESP2 writes them: lists of bulk strings.
package enum StoreCommand {
    /// Appends one command to `bytes`.
    package static func append(_ words: [[UInt8]], to bytes: inout [UInt8]) {
        bytes += "*\(words.count)\r\n".utf8
        for word in words {
            bytes += "$\(word.count)\r\n".utf8
            bytes += word
            bytes += [13, 10]
        }
    }
}
