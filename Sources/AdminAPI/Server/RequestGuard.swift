import GatewayModel
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Stands between the server library and our handlers: makes of every request target a path, and of the library's bare
/// answer to what is no HTTP a problem document.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let metrics: AdminMetrics
    /// Why the library is about to answer 400.
    private var fault: Refusal?

    init(metrics: AdminMetrics) { self.metrics = metrics }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        // The library has taken scheme and host off an absolute target; the Host field is what says where it is meant for.
        // What is no path even then is answered as `/` is, where nothing is.
        if head.path?.hasPrefix("/") != true { head.path = "/" }
        context.fireChannelRead(self.wrapInboundOut(.head(head)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as HTTPParserError:
            self.fault = Refusal(malformed: error)
            context.fireErrorCaught(error)
        case is HTTP1TypeConversionError:
            self.fault = Refusal(.malformedRequest, "The request line or a header field is malformed.")
            context.fireErrorCaught(HTTPParserError.unknown)
        default: context.fireErrorCaught(error)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let fault, case .head(let head) = self.unwrapOutboundIn(data), head.status == .badRequest,
            head.headerFields[.contentLength] == "0"
        else { return context.write(data, promise: promise) }
        self.fault = nil
        self.metrics.answered(status: fault.reason.status.code)
        let requestID = RandomText.hexadecimal(bytes: 12)
        let body = fault.document(instance: "", requestID: requestID).encoded()
        let fields: HTTPFields = [
            .requestID: requestID, .contentType: "application/problem+json", .contentLength: String(body.count),
            .cacheControl: "no-store", .connection: "close",
        ]
        let answer = HTTPResponse(status: fault.reason.status, headerFields: fields)
        context.write(self.wrapOutboundOut(.head(answer)), promise: promise)
        context.write(self.wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
    }
}

extension Refusal {
    fileprivate init(malformed error: HTTPParserError) {
        if error == .headerOverflow {
            self.init(.headTooLarge, "The request line and the header fields are larger than 64 KiB, or too many.")
        } else {
            self.init(.malformedRequest, "The request is not framed as HTTP/1.1 asks for.")
        }
    }
}
