extension JSON {
    /// This value after a JSON Merge Patch (RFC 7396): members of `patch` take the place of those here, `null` removes one,
    /// objects are merged member by member, everything else is replaced whole. Takes as long as both are.
    package func merging(_ patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var left = Dictionary(changes.members.map { ($0.name, $0.value) }) { $1 }
        var members = (self.objectValue ?? JSONObject()).members.compactMap { name, value in
            guard let change = left.removeValue(forKey: name) else { return (name: name, value: value) }
            return change == .null ? nil : (name: name, value: value.merging(change))
        }
        for (name, change) in changes.members where change != .null && left[name] != nil {
            members.append((name: name, value: JSON.null.merging(change)))
        }
        return .object(JSONObject(distinct: members))
    }

    /// The merge patch that leads from this value to another. Objects must hold no `null` members, which no patch can make.
    package func mergePatch(to other: JSON) -> JSON {
        guard case .object(let old) = self, case .object(let new) = other else { return other }
        var patch = JSONObject()
        for (name, _) in old.members where new[name] == nil { patch[name] = .null }
        for (name, value) in new.members where old[name] != value {
            patch[name] = old[name].map { $0.mergePatch(to: value) } ?? value
        }
        return .object(patch)
    }
}
