import Glibc

extension Worker {
    /// What the supervisor knows of a key set.
    func take(keySet uri: String, failure: String?, _ descriptors: [Int32]) {
        for descriptor in descriptors { Glibc.close(descriptor) }
    }
}
