import GatewayModel
import Yams

/// Reads YAML into JSON, within bounds: aliases are written out, and what they come to is counted.
struct YAMLReader {
    /// Nodes that aliases may add to those of the text, of which each takes a byte or more.
    private static let aliasedNodes = 200_000
    private static let depthLimit = 64
    private static let tagPrefix = "tag:yaml.org,2002:"

    private var document: Int
    private var nodes: Int
    private let nodeLimit: Int

    static func documents(_ text: String) throws(DocumentError) -> [SourceDocument] {
        var documents: [SourceDocument] = []
        try Self.read(text) { document, _ in documents.append(document) }
        return documents
    }

    /// Hands every document on together with what it was made of.
    static func read(_ text: String, each: (SourceDocument, Node) -> Void) throws(DocumentError) {
        if let line = AliasedKeys.line(in: text) {
            throw DocumentError(
                document: 0, line: line, message: "this many aliases, and maybe one in a key, are not read")
        }
        var (count, nodes) = (0, 0)
        do {
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            while let root = try parser.nextRoot() {
                var reader = YAMLReader(
                    document: count, nodes: nodes, nodeLimit: text.utf8.count + Self.aliasedNodes)
                for (document, root) in try reader.documents(root) {
                    count += 1
                    each(document, root)
                }
                nodes = reader.nodes
            }
        } catch let error as DocumentError {
            throw error
        } catch {
            throw Self.error(error, document: count)
        }
    }

    /// A sequence at the top is several documents, as an array is in JSON.
    private mutating func documents(_ root: Node) throws(DocumentError) -> [(SourceDocument, Node)] {
        let roots: [Node]
        if case .sequence(let sequence) = root { roots = Array(sequence) } else { roots = [root] }
        var documents: [(SourceDocument, Node)] = []
        for root in roots {
            let json = try self.json(root, depth: 0)
            guard json != .null else { continue }
            documents.append((SourceDocument(index: self.document, line: root.mark?.line ?? 1, json: json), root))
            self.document += 1
        }
        return documents
    }

    private mutating func json(_ node: Node, depth: Int) throws(DocumentError) -> JSON {
        self.nodes += 1
        guard self.nodes <= self.nodeLimit else { throw self.error(node, "aliases make the document too large") }
        guard depth <= Self.depthLimit else { throw self.error(node, "it is nested too deeply") }
        switch node {
        case .scalar(let scalar): return try self.scalar(scalar, node)
        case .sequence(let sequence):
            var elements: [JSON] = []
            for element in sequence { elements.append(try self.json(element, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping): return try self.object(mapping, depth: depth)
        case .alias: throw self.error(node, "the alias has no anchor")
        }
    }

    private mutating func object(_ mapping: Node.Mapping, depth: Int) throws(DocumentError) -> JSON {
        var members: [(name: String, value: JSON)] = []
        var names: Set<String> = []
        for (key, value) in mapping {
            guard case .scalar(let name) = key else { throw self.error(key, "keys must be strings") }
            guard name.string != "<<" || name.style != .plain else {
                throw self.error(key, "merge keys are not part of YAML 1.2")
            }
            guard names.insert(name.string).inserted else {
                throw self.error(key, "\"\(name.string)\" comes twice")
            }
            members.append((name.string, try self.json(value, depth: depth + 1)))
        }
        return .object(JSONObject(distinct: members))
    }

    private func scalar(_ scalar: Node.Scalar, _ node: Node) throws(DocumentError) -> JSON {
        switch scalar.tag.description {
        case "": return scalar.style == .plain ? CoreSchema.value(scalar.string) : .string(scalar.string)
        case "!", Self.tagPrefix + "str": return .string(scalar.string)
        case Self.tagPrefix + "int", Self.tagPrefix + "float", Self.tagPrefix + "bool", Self.tagPrefix + "null":
            return CoreSchema.value(scalar.string)
        case let tag: throw self.error(node, "the tag \(tag) has no meaning here")
        }
    }

    private func error(_ node: Node, _ message: String) -> DocumentError {
        DocumentError(document: self.document, line: node.mark?.line ?? 1, message: message)
    }

    private static func error(_ error: any Error, document: Int) -> DocumentError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            DocumentError(document: document, line: mark.line, message: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            DocumentError(
                document: document, line: context.mark.line, message: "\"\(keys.first ?? "")\" comes twice")
        case .reader(let problem, _, _, _): DocumentError(document: document, line: 1, message: problem)
        default: DocumentError(document: document, line: 1, message: "it is not YAML")
        }
    }
}
