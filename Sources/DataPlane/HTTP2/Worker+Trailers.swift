import CNghttp2
import HTTPWire
import Reactor

extension Worker {
    /// Gives the library the trailers that end an answer. `false`: there are none.
    func submitTrailers(_ exchange: ExchangeRef) -> Bool {
        guard let trailers = exchange.pointee.call.trailers, let session = exchange.pointee.client.pointee.session
        else {
            return false
        }
        self.nameValues.removeAll()
        var start = 0
        var colon = 0
        for offset in 0..<trailers.count {
            let byte = trailers.first[offset]
            if byte == 0x3A, colon <= start { colon = offset }
            guard byte == 0x0A else { continue }
            if colon > start, offset > colon + 2 {
                self.nameValues.append(
                    trailers.first + start, colon - start, trailers.first + colon + 2, offset - colon - 3)
            }
            start = offset + 1
        }
        let result = nghttp2_submit_trailer(
            session.pointee.handle, exchange.pointee.stream, self.nameValues.base, self.nameValues.count)
        self.giveBack(&exchange.pointee.call.trailers)
        return result == 0
    }
}
