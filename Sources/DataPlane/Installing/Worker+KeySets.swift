import AccessControl
import Glibc

/// The key sets of token issuers, as the supervisor has them.
extension Worker {
    func take(keySet uri: String, failure: String?, _ descriptors: [Int32]) {
        let body = descriptors.first.flatMap { try? SharedPayload.read($0) }
        for descriptor in descriptors { Glibc.close(descriptor) }
        _ = self.access.memory.keys.take(uri, body, hasFailed: failure != nil)
        self.keysArrived(uri)
    }
}
