import Logging
import Storage

extension ControlState {
    /// How many versions come between two looks for what need not be kept.
    private static var pace: Int64 { 64 }

    /// Takes away old content now and then, after the writers have been answered.
    func pruneIfDue() {
        guard self.latest.number >= self.nextPruning else { return }
        self.nextPruning = self.latest.number + Self.pace
        self.prune()
    }

    /// At the start and once a day, however seldom somebody writes; ends when its task is cancelled.
    package func pruneDaily() async {
        while !Task.isCancelled {
            self.prune()
            try? await Task.sleep(for: .seconds(86_400))
        }
    }

    /// One step; what is left is done in turn with whatever else waits.
    private func prune() {
        do throws(StorageError) {
            let hasMore = try self.database.prune(self.retention, at: self.now().wall)
            self.database.checkpointIfDue()
            if hasMore, !self.isStopping { Task { self.prune() } }
        } catch {
            self.logger.warning("Old versions could not be taken away", metadata: ["error": "\(error)"])
        }
    }
}
