import Foundation
import Hummingbird

/// What every handler gets: small bodies only, and JSON that people can read and compare.
struct EchoContext: RequestContext {
    /// Bodies that are decoded, not those that are only counted.
    static let largestDocument = 16 * 1024

    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
    }

    var maxUploadSize: Int { Self.largestDocument }

    var responseEncoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
