import Testing

@testable import Supervision

@Suite("Environment of worker processes")
struct WorkerEnvironmentTests {
    @Test("Workers get their memory settings beside what the supervisor has")
    func added() {
        #expect(WorkerEnvironment.make(from: ["A=b"]) == ["A=b", WorkerEnvironment.memory])
    }

    @Test("Tunables of the operator stay as they are")
    func kept() {
        #expect(WorkerEnvironment.make(from: ["GLIBC_TUNABLES=x=y"]) == ["GLIBC_TUNABLES=x=y"])
    }
}
