/// Takes a request apart as the engine does, and shows every value to a scan.
struct FilterLook {
    private let request: FirewallRequest
    private let bytes: UnsafeRawBufferPointer
    private let names: [[UInt8]]

    init(_ request: FirewallRequest, _ bytes: UnsafeRawBufferPointer) {
        self.request = request
        self.bytes = bytes
        self.names = request.fields.map { bytes[$0.name].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
    }

    /// `false`: there is something in the request that only the engine can tell.
    func isPlain(_ scan: borrowing FilterScan) -> Bool {
        self.looksAtLine(scan) && self.looksAtFields(scan) && self.looksAtQuery(scan) && self.looksAtBody(scan)
            && self.looksAtCounts(scan)
    }

    private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self.bytes[range])
    }

    // MARK: The request line

    private func looksAtLine(_ scan: borrowing FilterScan) -> Bool {
        let target = self.slice(self.request.target)
        let path = target.prefix { $0 != 0x3F }
        guard target.first == 0x2F, !path.contains(0x25), !path.contains(0x5C), !target.contains(0x23) else {
            return false
        }
        let filename = UnsafeRawBufferPointer(rebasing: path)
        let slash = filename.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
        let basename = UnsafeRawBufferPointer(rebasing: filename[slash...])
        let line =
            Array(self.slice(self.request.method)) + [0x20] + target + Array(" HTTP/\(self.request.version)".utf8)
        let version = Array("HTTP/\(self.request.version)".utf8)
        guard let decoded = Array(target).percentDecoded else { return false }
        self.looksAtExtension(basename, scan)
        return scan.look(filename, at: .filename) && scan.look(basename, at: .basename)
            && scan.look(target, at: .rawURI)
            && decoded.withUnsafeBytes { scan.look($0, at: .uri) }
            && line.withUnsafeBytes { scan.look($0, at: .line) }
            && scan.look(self.slice(self.request.method), at: .method)
            && version.withUnsafeBytes { scan.look($0, at: .version) }
    }

    private func looksAtExtension(_ basename: UnsafeRawBufferPointer, _ scan: borrowing FilterScan) {
        guard let dot = basename.lastIndex(of: 0x2E), dot + 1 < basename.count else { return }
        let extended = ([0x2E] + basename[(dot + 1)...] + [0x2F]).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        for (part, special) in scan.specials {
            guard case .fileExtension(let list) = special else { continue }
            if extended.contains(0x2B) || extended.withUnsafeBytes({ list.utf8.holds($0) }) { scan.mark(part) }
        }
    }

    // MARK: Fields

    private func looksAtFields(_ scan: borrowing FilterScan) -> Bool {
        for (field, name) in zip(self.request.fields, self.names) {
            let value = self.slice(field.value)
            let isSeen = name.withUnsafeBytes { lowercased in
                scan.look(value, at: .headerValue, name: lowercased)
                    && scan.look(self.slice(field.name), at: .headerName, name: lowercased)
            }
            guard isSeen else { return false }
            self.looksAtName(name, scan)
            if name.elementsEqual("content-type".utf8) { self.looksAtType(value, scan) }
            if name.elementsEqual("cookie".utf8), !self.looksAtCookies(value, scan) { return false }
        }
        return true
    }

    private func looksAtName(_ name: [UInt8], _ scan: borrowing FilterScan) {
        for (part, special) in scan.specials {
            guard case .fieldName(let list) = special else { continue }
            let token = [0x2F] + name + [0x2F]
            if token.withUnsafeBytes({ list.utf8.holds($0) }) { scan.mark(part) }
        }
    }

    private func looksAtType(_ value: UnsafeRawBufferPointer, _ scan: borrowing FilterScan) {
        let text = String(decoding: value, as: UTF8.self).lowercased()
        let type = text.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        for (part, special) in scan.specials {
            switch special {
            case .contentType(let list):
                let token = Array("|\(type)|".utf8)
                if !token.withUnsafeBytes({ list.utf8.holds($0) }) { scan.mark(part) }
            case .charset(let list):
                guard text.utf8.holdsText("charset") else { continue }
                let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\"" } }
                let charsets = parts.filter { $0.hasPrefix("charset=") }.map { $0.dropFirst(8) }
                if charsets.count != 1 || !list.contains(where: { charsets[0] == $0 }) { scan.mark(part) }
            case .fileExtension, .fieldName, .repeatedName: continue
            }
        }
    }

    private func looksAtCookies(_ value: UnsafeRawBufferPointer, _ scan: borrowing FilterScan) -> Bool {
        for piece in value.split(separator: 0x3B, omittingEmptySubsequences: true) {
            let piece = piece.drop { $0 == 0x20 }
            let name = UnsafeRawBufferPointer(rebasing: piece.prefix { $0 != 0x3D })
            let rest = UnsafeRawBufferPointer(rebasing: piece.dropFirst(name.count + 1))
            guard !name.isEmpty, !name.contains(where: \.isSpace) else { return false }
            guard scan.look(rest, at: .cookieValue, name: name), scan.look(name, at: .cookieName, name: name) else {
                return false
            }
        }
        return true
    }

    private func looksAtCounts(_ scan: borrowing FilterScan) -> Bool {
        for part in scan.lines {
            guard case .lines(let name, let operation, let number) = scan.test(part) else { continue }
            let count = self.names.count { $0.elementsEqual(name.utf8) }
            let holds =
                switch operation {
                case "eq": count == number
                case "!eq": count != number
                case "gt": count > number
                case "!gt": count <= number
                case "ge": count >= number
                case "!ge": count < number
                case "lt": count < number
                case "le": count <= number
                default: true
                }
            if holds { scan.mark(part) }
        }
        return true
    }

    // MARK: Arguments

    private func looksAtQuery(_ scan: borrowing FilterScan) -> Bool {
        let target = self.slice(self.request.target)
        guard let mark = target.firstIndex(of: 0x3F) else { return true }
        let query = UnsafeRawBufferPointer(rebasing: target[(mark + 1)...])
        guard scan.look(query, at: .query) else { return false }
        return self.looksAtPairs(query, scan, value: [.argumentValue, .queryValue], name: [.argumentName, .queryName])
    }

    private func looksAtPairs(
        _ text: UnsafeRawBufferPointer, _ scan: borrowing FilterScan, value: FilterPlace, name: FilterPlace
    ) -> Bool {
        var seen: Set<[UInt8]> = []
        for pair in text.split(separator: 0x26, omittingEmptySubsequences: true) {
            let key = pair.prefix { $0 != 0x3D }
            guard let decodedName = Array(key).formDecoded,
                let decoded = Array(pair.dropFirst(key.count + 1)).formDecoded
            else { return false }
            let isSeen = decodedName.withUnsafeBytes { label in
                decoded.withUnsafeBytes { scan.look($0, at: value, name: label) }
                    && scan.look(label, at: name, name: label)
            }
            guard isSeen else { return false }
            if !seen.insert(decodedName).inserted { self.markRepeated(scan) }
        }
        return true
    }

    private func markRepeated(_ scan: borrowing FilterScan) {
        for (part, special) in scan.specials { if case .repeatedName = special { scan.mark(part) } }
    }

    // MARK: The body

    private func looksAtBody(_ scan: borrowing FilterScan) -> Bool {
        guard !self.request.body.isEmpty else { return true }
        var types: [UnsafeRawBufferPointer] = []
        for (field, name) in zip(self.request.fields, self.names) {
            if name.elementsEqual("content-encoding".utf8) { return false }
            if name.elementsEqual("content-type".utf8) { types.append(self.slice(field.value)) }
        }
        guard types.count == 1 else { return false }
        let type = String(decoding: types[0].prefix { $0 != 0x3B }, as: UTF8.self).lowercased().filter { $0 != " " }
        // The query's and the body's names may be the same: whether they are is the engine's to say.
        if self.request.target.contains(where: { self.bytes[$0] == 0x3F }) { self.markRepeated(scan) }
        return self.request.body.withUnsafeBytes { body in
            guard self.looksAtWhole(body, scan) else { return false }
            switch type {
            case "application/x-www-form-urlencoded":
                return self.looksAtPairs(
                    body, scan, value: [.argumentValue, .bodyValue], name: [.argumentName, .bodyName])
            case "application/json": return self.looksAtJSON(body, scan)
            default: return false
            }
        }
    }

    /// The body as one value, which may be longer than others: piece by piece, with what rules may need around.
    private func looksAtWhole(_ body: UnsafeRawBufferPointer, _ scan: borrowing FilterScan) -> Bool {
        scan.look(body, at: .body, longest: 128 << 10)
    }

    private func looksAtJSON(_ body: UnsafeRawBufferPointer, _ scan: borrowing FilterScan) -> Bool {
        var reader = JSONValues(body)
        var seen: Set<[UInt8]> = []
        return reader.read { name, value in
            if !seen.insert(Array(name)).inserted { self.markRepeated(scan) }
            return scan.look(value, at: [.argumentValue, .bodyValue], name: name)
                && scan.look(name, at: [.argumentName, .bodyName], name: name)
        }
    }
}

extension [UInt8] {
    /// With escapes of two digits decoded; `nil` for any other percent sign.
    var percentDecoded: [UInt8]? {
        guard self.contains(0x25) else { return self }
        var output: [UInt8] = []
        output.reserveCapacity(self.count)
        var index = 0
        while index < self.count {
            guard self[index] == 0x25 else {
                output.append(self[index])
                index += 1
                continue
            }
            guard index + 2 < self.count, let high = self[index + 1].hexValue, let low = self[index + 2].hexValue else {
                return nil
            }
            output.append(high << 4 | low)
            index += 3
        }
        return output
    }

    /// As a form has it: plus signs are blanks.
    var formDecoded: [UInt8]? {
        guard self.contains(0x2B) else { return self.percentDecoded }
        return self.map { $0 == 0x2B ? 0x20 : $0 }.percentDecoded
    }
}

extension String.UTF8View {
    func holdsText(_ text: StaticString) -> Bool {
        self.holds(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
