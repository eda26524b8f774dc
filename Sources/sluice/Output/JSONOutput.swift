import Documents
import GatewayModel

/// An answer in the format that was asked for.
enum JSONOutput {
    /// - Parameter table: what `table` and `name` show.
    static func show(_ json: JSON, _ format: OutputFormat, table: @autoclosure () -> String) {
        switch format {
        case .table, .name: Terminal.show(table())
        case .json: Terminal.show(json.text(.pretty))
        case .yaml: Terminal.show(yamlText(json))
        }
    }
}
