import Documents
import Foundation

/// What `-f` names: a file, a folder of `.yaml`, `.yml` and `.json` files (and folders below it), or `-` for stdin.
enum InputFiles {
    /// All documents of all inputs, with every problem that can be found in them one by one.
    static func read(_ inputs: [String]) throws(CommandFailure) -> DocumentSet {
        var set = DocumentSet(allowsMissingSecrets: true)
        for input in inputs {
            for file in try Self.files(input) { Self.add(file, to: &set) }
        }
        return set
    }

    private static func add(_ file: String, to set: inout DocumentSet) {
        let name = file == "-" ? "stdin" : file
        do throws(FileContent.Unreadable) {
            set.add(text: try FileContent.text(file), file: name)
        } catch {
            set.addUnreadable(file: name, reason: error.reason)
        }
    }

    private static func files(_ input: String) throws(CommandFailure) -> [String] {
        var isFolder: ObjCBool = false
        guard input != "-" else { return [input] }
        guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder) else {
            throw CommandFailure("\(input): no such file or folder")
        }
        guard isFolder.boolValue else { return [input] }
        let names = FileManager.default.enumerator(atPath: input)?.compactMap { $0 as? String } ?? []
        let files = names.filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }
        guard !files.isEmpty else { throw CommandFailure("\(input): no .yaml, .yml or .json file in it") }
        return files.sorted().map { input.hasSuffix("/") ? input + $0 : input + "/" + $0 }
    }
}
