import NIOCore
import NIOHTTPTypes

/// Closes a connection whose request does not arrive whole in time, however steadily its bytes drip.
///
/// The idle timeout of the server only sees silence.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart

    /// From the connection's start, the end of one request, or a part of its answer, to the next head. The longest that
    /// an operation may wait is 120 s; an answer of any length may take its time, as long as it is read.
    private static let head = TimeAmount.seconds(180)
    /// From a head to the end of its body.
    private static let body = TimeAmount.seconds(60)
    private var deadline: Scheduled<Void>?

    func handlerAdded(context: ChannelHandlerContext) { self.start(Self.head, context) }

    func handlerRemoved(context: ChannelHandlerContext) { self.deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.start(Self.body, context)
        case .body: break
        case .end: self.start(Self.head, context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .body = self.unwrapOutboundIn(data) { self.start(Self.head, context) }
        context.write(data, promise: promise)
    }

    private func start(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let channel = context.channel
        self.deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
