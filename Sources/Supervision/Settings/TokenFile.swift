/// The file with this worker's token. It is read again and again, so that a token is replaced without a restart.
package struct TokenFile: Sendable, Hashable {
    let path: String

    /// Its first word; empty when it has none.
    func read() throws(SystemError) -> String {
        let text = String(decoding: try Files.read(self.path), as: UTF8.self)
        return String(text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
    }
}
