import Glibc

/// A folder for one test, gone with its owner.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/sluice-test-XXXXXX".utf8CString)
        self.path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        for name in ["snapshot.json", "snapshot.json.bad", "snapshot.json.new", "lock", "gateway.json"] {
            unlink("\(self.path)/\(name)")
        }
        rmdir(self.path)
    }

    func write(_ name: String, _ text: String) -> String {
        let path = "\(self.path)/\(name)"
        guard let file = fopen(path, "w") else { return path }
        fputs(text, file)
        fclose(file)
        return path
    }
}
