/// Which of a listener's contexts serves a server name. Context 0 is the default.
struct TLSNames {
    /// The places of the certificates that a context holds, one per kind of key.
    private(set) var sets: [[Int]] = []
    private var contexts: [String: Int] = [:]

    /// - Parameter certificates: the names and the kind of key of each, in the order of preference.
    init(_ certificates: [(names: [String], kind: Int)]) {
        var holders: [String: [Int]] = [:]
        for (place, certificate) in certificates.enumerated() {
            for name in certificate.names { holders[name, default: []].append(place) }
        }
        var known: [[Int]: Int] = [:]
        let kinds = certificates.map(\.kind)
        func context(_ places: [Int]) -> Int {
            var set: [Int] = []
            for place in places where !set.contains(where: { kinds[$0] == kinds[place] }) { set.append(place) }
            if let index = known[set] { return index }
            known[set] = self.sets.count
            self.sets.append(set)
            return self.sets.count - 1
        }
        let first = certificates.first?.names.first
        _ = context([0] + (first.map { holders[$0] ?? [] } ?? []))
        for (name, places) in holders {
            let wildcard = Self.wildcard(of: name).flatMap { holders[$0] } ?? []
            self.contexts[name] = context(places + wildcard)
        }
    }

    func context(of serverName: UnsafeRawBufferPointer) -> Int {
        let name = String(decoding: serverName, as: UTF8.self)
        if let index = self.contexts[name] { return index }
        guard let wildcard = Self.wildcard(of: name) else { return 0 }
        return self.contexts[wildcard] ?? 0
    }

    /// `*.example.com` for `a.example.com`; nil for a wildcard and for a name of one label.
    private static func wildcard(of name: String) -> String? {
        guard !name.hasPrefix("*"), let dot = name.firstIndex(of: "."), dot > name.startIndex else { return nil }
        return "*" + name[dot...]
    }
}
