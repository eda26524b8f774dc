import AdminAPI
import ServiceLifecycle

/// Gives up old content at the start and once a day.
struct HistoryPruning: Service {
    let state: ControlState

    func run() async throws { await cancelWhenGracefulShutdown { await self.state.pruneDaily() } }
}
