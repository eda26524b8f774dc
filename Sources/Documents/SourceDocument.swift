package import GatewayModel

/// A document of a text, and where it stands there.
package struct SourceDocument: Sendable {
    /// Among the documents of the text, from 0.
    package let index: Int
    /// Of the document's first token, from 1.
    package let line: Int
    package let json: JSON
}

/// Why a text has no documents.
package struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The document that is at fault, from 0.
    package let document: Int
    /// From 1.
    package let line: Int
    package let message: String

    package var description: String { "line \(self.line): \(self.message)" }
}

/// Reads the documents of a YAML stream, the elements of a JSON array, or a JSON object. Empty documents are left out.
///
/// - Parameter yaml: `nil`: a text that begins with `{` or `[` is JSON, any other YAML.
package func parseDocuments(_ text: String, yaml: Bool? = nil) throws(DocumentError) -> [SourceDocument] {
    if yaml ?? !looksLikeJSON(text) { return try YAMLReader.documents(text) }
    return try JSONDocuments.documents(Array(text.utf8))
}

func looksLikeJSON(_ text: String) -> Bool {
    let first = text.utf8.first { !" \t\r\n".utf8.contains($0) }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
}
