import Documents
import GatewayModel

/// What a column shows of an item.
struct Column: Sendable {
    let heading: String
    let cell: @Sendable (JSON) -> Cell

    init(_ heading: String, _ cell: @escaping @Sendable (JSON) -> Cell) {
        self.heading = heading
        self.cell = cell
    }

    /// The member of that name.
    init(_ heading: String, _ member: String) {
        self.init(heading) { Cell($0[member]) }
    }
}

/// How items of one sort are shown, in every format: the one place that makes tables of answers.
struct View: Sendable {
    let columns: [Column]
    /// What `-o name` shows of an item: something that other commands take.
    let name: @Sendable (JSON) -> String?

    init(_ columns: [Column], name: @escaping @Sendable (JSON) -> String?) {
        self.columns = columns
        self.name = name
    }

    /// - Parameter whole: what `json` and `yaml` show; `nil`: the items as a list.
    func show(_ items: [JSON], whole: JSON? = nil, _ format: OutputFormat) {
        let whole = whole ?? ["items": .array(items)]
        switch format {
        case .table: Terminal.show(self.table(items))
        case .name: Terminal.show(items.compactMap(self.name).joined(separator: "\n"))
        case .json, .yaml: Document.show(whole, format)
        }
    }

    func table(_ items: [JSON]) -> String {
        Table(self.columns.map(\.heading), items.map { item in self.columns.map { $0.cell(item) } }).text
    }
}

/// A whole answer.
enum Document {
    /// - Parameter people: what `table` shows.
    /// - Parameter name: what `name` shows; the same when nothing is given.
    static func show(
        _ json: JSON, _ format: OutputFormat, people: @autoclosure () -> String = "", name: String? = nil
    ) {
        switch format {
        case .table: Terminal.show(people())
        case .name: Terminal.show(name ?? people())
        case .json: Terminal.show(json.text(.pretty))
        case .yaml: Terminal.show(yamlText(json))
        }
    }
}
