/// Columns for people: padded to their widest cell, two spaces between.
struct Table {
    let columns: [String]
    var rows: [[String]] = []

    var text: String {
        let widths = self.columns.indices.map { column in
            ([self.columns] + self.rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let lines = self.rows.map { Self.line($0, widths) }
        return ([Terminal.heading(Self.line(self.columns, widths))] + lines).joined(separator: "\n")
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }
        var line = padded.joined(separator: "  ")
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}
