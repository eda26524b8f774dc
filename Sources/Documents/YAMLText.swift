import Yams

package import GatewayModel

/// YAML that reads back as the same value. Strings that another reader could take for something else are quoted.
package func yamlText(_ json: JSON) -> String {
    PlainYAML.text(json) ?? libraryText(json)
}

/// The same by way of the library.
package func libraryText(_ json: JSON) -> String {
    do {
        return try serialize(node: node(json), width: -1, allowUnicode: true)
    } catch {
        return json.text(.pretty) + "\n"
    }
}

private func node(_ json: JSON) -> Node {
    switch json {
    case .null, .bool, .integer, .double: .scalar(.init(json.text(), Tag(.implicit), .plain))
    case .string(let text): .scalar(.init(text, Tag(.implicit), style(text)))
    case .array(let elements): .sequence(.init(elements.map(node), Tag(.implicit), elements.isEmpty ? .flow : .block))
    case .object(let object):
        .mapping(
            .init(
                object.members.map { (node(.string($0.name)), node($0.value)) }, Tag(.implicit),
                object.isEmpty ? .flow : .block))
    }
}

/// Words that YAML 1.1 readers take for booleans.
private let ambiguous: Set = ["y", "n", "yes", "no", "on", "off", "<<"]

/// Whether some reader takes the text for something else than a string.
func isAmbiguous(_ text: String) -> Bool {
    guard case .string = CoreSchema.value(text) else { return true }
    return ambiguous.contains(text.lowercased())
}

/// What is PEM is written as people write it, a line each; no other text is: a block cannot hold every character.
private func isPEM(_ text: String) -> Bool {
    guard text.hasPrefix("-----BEGIN "), text.utf8.allSatisfy({ $0 == 0x0A || (0x20..<0x7F).contains($0) }) else {
        return false
    }
    return !text.contains(" \n") && !text.hasSuffix(" ") && !text.hasSuffix("\n\n")
}

private func style(_ text: String) -> Node.Scalar.Style {
    if isPEM(text) { return .literal }
    if isAmbiguous(text) { return .doubleQuoted }
    return text.first.map { $0.isNumber || ".+-".contains($0) } ?? true ? .doubleQuoted : .any
}
