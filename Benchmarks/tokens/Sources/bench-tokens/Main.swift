import CBare
import GatewayModel
import Glibc
import JOSE

/// Prints what tokens cost, as JSON: nanoseconds of CPU for each row and round. Arguments: the file of tokens, rounds, and
/// perhaps how the names of rows begin.
///
/// Rows take turns within a round, so that a slow moment of the machine meets all of them.
@main
enum Main {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard (3...4).contains(arguments.count), let rounds = Int(arguments[2]), let document = read(arguments[1])
        else {
            print("usage: bench-tokens FILE ROUNDS [ROW]")
            exit(2)
        }
        let rows = try rows(document).filter { $0.name.hasPrefix(arguments.dropFirst(3).first ?? "") }
        var figures = rows.map { _ in [JSON]() }
        for row in rows { _ = row.run(row.count / 10) }
        for _ in 0..<rounds {
            for (index, row) in rows.enumerated() { figures[index].append(.double(row.run(row.count))) }
        }
        let members = zip(rows, figures).map { (name: $0.name, value: JSON.array($1)) }
        print(JSON.object(JSONObject(distinct: members)).text())
    }

    private static func read(_ path: String) -> JSON? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return try? JSON(parsing: Array(bytes[..<count]))
    }
}

/// One thing that is measured.
struct Row {
    let name: String
    let count: Int
    /// Nanoseconds of one, of so many.
    let run: (Int) -> Double
}
