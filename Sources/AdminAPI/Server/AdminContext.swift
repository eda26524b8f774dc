import Hummingbird
import Logging
import NIOCore

/// What is known about one call beside the request itself.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Answered as `X-Request-Id` and named by every log line of the call.
    let requestID: String
    /// The address that the call came from, without the port.
    let source: String
    /// Who calls; set by `AccessMiddleware`, `nil` on operations that need no token.
    var caller: Caller?
    /// Whether the caller's token is still good; set by `AccessMiddleware`.
    var standing = Standing.unconditional

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.requestID = RandomText.hexadecimal(bytes: 12)
        self.source = source.channel.remoteAddress?.ipAddress ?? "unknown"
        self.logger[metadataKey: "hb.request.id"] = nil
        self.logger[metadataKey: "requestId"] = .string(self.requestID)
    }
}
