/// Parts of a chain that look at what the part before them has captured: understood only as the rule set writes them.
enum FilterSpecial: Sendable {
    /// The media type is none of these, each between bars.
    case contentType(String)
    /// The charset of the media type is none of these, in lower case.
    case charset([String])
    /// The extension of the path's last segment is one of these, as `.ext/`.
    case fileExtension(String)
    /// The name of a field is one of these, each between slashes.
    case fieldName(String)
    /// Two arguments have the same name.
    case repeatedName

    init?(_ rule: Rule, _ first: Rule, _ rules: FilterRules) {
        guard let target = rule.targets.first, target.name == "TX", !target.isCount, let selector = target.selector,
            let looked = first.targets.first
        else { return nil }
        let argument = FilterPart.expanded(rule.argument, rules)
        switch (first.id, selector.lowercased(), looked.name, first.argument) {
        case (920420, "content_type", "REQUEST_HEADERS", "^[^;\\s]+")
        where rule.isNegated && rule.operation == "within":
            guard let argument else { return nil }
            self = .contentType(argument)
        case (920480, "1", "REQUEST_HEADERS", "charset\\s*=\\s*[\"']?([^;\"'\\s]+)")
        where rule.isNegated && rule.argument == "^%{tx.allowed_request_content_type_charset}$":
            guard let list = rules.settings["allowed_request_content_type_charset"] else { return nil }
            self = .charset(list.split(separator: "|").map(String.init))
        case (920440, "extension", "REQUEST_BASENAME", "\\.([^.]+)$")
        where !rule.isNegated && rule.operation == "within":
            guard let argument else { return nil }
            self = .fileExtension(argument)
        case (920450, "/^header_name_/", "REQUEST_HEADERS_NAMES", "^.*$")
        where !rule.isNegated && rule.operation == "within":
            guard let argument else { return nil }
            self = .fieldName(argument)
        case (921180, "/paramcounter_.*/", "TX", "1"): self = .repeatedName
        default: return nil
        }
    }
}
