extension FaultCollector {
    func string(_ json: JSON) -> String? {
        if let text = json.stringValue { return text }
        self.report("type", "expected a string, not \(json.kindName)")
        return nil
    }

    func boolean(_ json: JSON) -> Bool? {
        if case .bool(let value) = json { return value }
        self.report("type", "expected true or false, not \(json.kindName)")
        return nil
    }

    /// Reads an object with a reader of its own, and reports unknown members.
    func object<Value>(_ json: JSON, _ read: (inout ObjectReader) -> Value?) -> Value? {
        guard let object = json.objectValue else {
            self.report("type", "expected an object, not \(json.kindName)")
            return nil
        }
        var reader = ObjectReader(object, self)
        let value = read(&reader)
        reader.finish()
        return value
    }

    /// Reads a list; elements that are wrong are left out.
    func list<Element>(_ json: JSON, _ read: (JSON) -> Element?) -> [Element]? {
        guard let elements = json.arrayValue else {
            self.report("type", "expected a list, not \(json.kindName)")
            return nil
        }
        var list: [Element] = []
        list.reserveCapacity(elements.count)
        for (index, json) in elements.enumerated() {
            if let element = self.inside(.element(index), { read(json) }) { list.append(element) }
        }
        return list
    }

    /// Reads a list that says each thing once.
    func distinctList<Element: Hashable>(_ json: JSON, _ read: (JSON) -> Element?) -> [Element]? {
        var few: [Element] = []
        var many: Set<Element> = []
        return self.list(json) { json in
            guard let element = read(json) else { return nil }
            if few.count < 8, !few.contains(element) {
                few.append(element)
                return element
            }
            if !few.contains(element), many.insert(element).inserted { return element }
            self.report("duplicate", "this stands in the list already")
            return nil
        }
    }

    func integer(_ json: JSON, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = json.integerValue else {
            self.report("type", "expected an integer, not \(json.kindName)")
            return nil
        }
        guard range.contains(value) else {
            self.report("range", "must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// One of a few words; a word of a later version is told apart from a wrong one.
    func word<Word: RawRepresentable & CaseIterable>(
        _ json: JSON, _: Word.Type, later: [String] = []
    ) -> Word? where Word.RawValue == String {
        guard let text = self.string(json) else { return nil }
        if let word = Word(rawValue: text) { return word }
        if later.contains(text) {
            self.report("unsupported", "\(text) is not available in this version")
        } else {
            let words = (Word.allCases.map(\.rawValue) + later).joined(separator: ", ")
            self.report("format", "\(text.quoted) is none of \(words)")
        }
        return nil
    }
}
