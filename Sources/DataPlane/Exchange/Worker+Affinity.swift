import HTTPWire
import Reactor

extension Worker {
    /// Notes what of the request decides over its endpoint.
    func noteAffinity(_ exchange: ExchangeRef, _ pool: PoolRef, _ bytes: Span<UInt8>) {}
}
