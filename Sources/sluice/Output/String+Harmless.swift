extension String {
    /// Without what a terminal would obey: control characters, which others may have put into a message, are shown as escapes.
    var harmless: String { self.escaped { $0.properties.generalCategory == .control } }

    /// The same for text of several lines.
    var harmlessLines: String { self.escaped { $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t" } }

    private func escaped(_ isHarmful: (Unicode.Scalar) -> Bool) -> String {
        guard self.unicodeScalars.contains(where: isHarmful) else { return self }
        return self.unicodeScalars.map { scalar in
            if !isHarmful(scalar) { return String(scalar) }
            return scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
        }.joined()
    }
}
