import Foundation

/// How this process was started, so that an upgrade can do it again.
struct Invocation {
    /// Absolute. Links are kept: what they point to may be another executable by then.
    let program: String
    /// Without the program's name, and without what told it of a predecessor.
    let arguments: [String]

    static func current() -> Invocation {
        var arguments = CommandLine.arguments[...]
        let name = arguments.popFirst() ?? ""
        return Invocation(program: Self.path(of: name), arguments: Self.withoutHandover(arguments))
    }

    /// The path under which it was started; where that leads elsewhere, because the caller made the name up, the file
    /// that runs.
    private static func path(of name: String) -> String {
        let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? name
        return Self.candidates(name).first { Self.isSameFile($0, "/proc/self/exe") } ?? running
    }

    private static func candidates(_ name: String) -> [String] {
        let here = FileManager.default.currentDirectoryPath
        if name.contains("/") { return [name.hasPrefix("/") ? name : "\(here)/\(name)"] }
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.map { $0.hasPrefix("/") ? "\($0)/\(name)" : "\(here)/\($0)/\(name)" }
    }

    private static func isSameFile(_ left: String, _ right: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(left, &first) == 0, stat(right, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    private static func withoutHandover(_ arguments: ArraySlice<String>) -> [String] {
        var kept: [String] = []
        var isValue = false
        for argument in arguments {
            if !isValue, argument != "--handover" { kept.append(argument) }
            isValue = !isValue && argument == "--handover"
        }
        return kept
    }
}
