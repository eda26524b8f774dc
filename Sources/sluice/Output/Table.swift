import GatewayModel

/// One field of a table.
struct Cell {
    let text: String
    let style: Style?

    init(_ text: String, _ style: Style? = nil) {
        self.text = text.harmless
        self.style = style
    }

    /// A value of an answer: text and numbers as they are, lists by their first elements, "-" for nothing.
    init(_ json: JSON?, _ style: Style? = nil) { self.init(json.shown, style) }
}

/// Columns for people: padded to their widest cell, two spaces between.
struct Table {
    private let columns: [String]
    private let rows: [[Cell]]

    init(_ columns: [String], _ rows: [[Cell]]) {
        self.columns = columns
        self.rows = rows
    }

    var text: String { Self.plain([self.columns.map { Cell($0, .heading) }] + self.rows) }

    /// Rows without a heading.
    static func plain(_ rows: [[Cell]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in
            rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return rows.map { Self.line($0, widths) }.joined(separator: "\n")
    }

    private static func line(_ cells: [Cell], _ widths: [Int]) -> String {
        let last = cells.lastIndex { !$0.text.isEmpty } ?? -1
        let fields = zip(cells, widths).prefix(last + 1).enumerated().map { column, field in
            let padding = column == last ? 0 : max(0, field.1 - field.0.text.count)
            return Terminal.styled(field.0.text, field.0.style) + String(repeating: " ", count: padding)
        }
        return fields.joined(separator: "  ")
    }
}
