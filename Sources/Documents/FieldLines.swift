import Yams

/// Finds the lines on which fields of documents stand, for messages about them.
///
/// Documents that are fine never need it, so that nobody keeps lines while reading: the text is read once more.
package struct FieldLines {
    private enum Source {
        /// By the documents' indexes.
        case yaml([Node])
        case json([UInt8], documents: [(offset: Int, line: Int)])
    }

    private let source: Source

    /// - Parameters:
    ///   - text: one that `parseDocuments` read; of any other no line is known.
    ///   - yaml: as for `parseDocuments`.
    package init(_ text: String, yaml: Bool? = nil) {
        if yaml ?? !looksLikeJSON(text) {
            var roots: [Node] = []
            try? YAMLReader.read(text) { roots.append($1) }
            self.source = .yaml(roots)
        } else {
            let bytes = Array(text.utf8)
            self.source = .json(bytes, documents: JSONDocuments.places(bytes))
        }
    }

    /// The line of the field that a pointer (RFC 6901) into a document names; for one that is not there that of what would hold
    /// it.
    ///
    /// - Returns: from 1; `nil` when there is no such document.
    package func line(document index: Int, pointer: String) -> Int? {
        let tokens = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
        switch self.source {
        case .yaml(let roots): return roots.indices.contains(index) ? Self.line(roots[index], tokens) : nil
        case .json(let bytes, let documents):
            guard documents.indices.contains(index) else { return nil }
            var walk = JSONWalk(bytes, documents[index])
            walk.follow(tokens[...])
            return walk.line
        }
    }

    private static func line(_ root: Node, _ tokens: [String]) -> Int? {
        var (node, line) = (root, root.mark?.line)
        for token in tokens {
            guard let (mark, inner) = node.member(token) else { break }
            (node, line) = (inner, mark?.line ?? line)
        }
        return line
    }
}

extension Node {
    /// Where a member's name or an element stands, and what is there.
    fileprivate func member(_ token: String) -> (Mark?, Node)? {
        switch self {
        case .mapping(let mapping):
            for (key, value) in mapping {
                if case .scalar(let name) = key, name.string == token { return (key.mark, value) }
            }
            return nil
        case .sequence(let sequence):
            guard let index = Int(token), sequence.indices.contains(index) else { return nil }
            return (sequence[index].mark, sequence[index])
        case .scalar, .alias: return nil
        }
    }
}
