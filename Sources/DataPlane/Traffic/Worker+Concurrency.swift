import HTTPWire
import Reactor
import Routing

extension Worker {
    func takeTurns(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, headEnd: Int, _ path: RequestPath
    ) -> TrafficStep {
        .passes
    }
}
