import Foundation

/// Where a list goes on: opaque to clients, the last name inside.
enum PageCursor {
    static func text(after name: String) -> String {
        Data("1:\(name)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// - Returns: the name to go on after.
    static func name(in text: String) throws(Refusal) -> String {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), let content = String(data: data, encoding: .utf8),
            content.hasPrefix("1:")
        else { throw QueryParameters.refusal("cursor", "is not one that a list has given out") }
        return String(content.dropFirst(2))
    }
}
