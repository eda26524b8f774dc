import Documents
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// The admin listener: the operations behind the layers that every call passes.
package struct AdminServer: Service {
    /// Where to listen.
    package struct Address: Sendable {
        package let host: String
        package let port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private let state: ControlState
    private let address: Address
    private let tls: AdminTLS?
    private let metrics: AdminMetrics
    private let logs: LogRing
    private let logger: Logger
    private let responder: RouterResponder<AdminContext>
    /// `METHOD /path`, one a line: what the contract test compares with `openapi/admin.yaml`.
    package let operationListing: String

    /// - Parameters:
    ///   - hosts: names that the listener answers to beside loopback names and its own address.
    ///   - tls: `nil` to listen in the clear.
    ///   - authority: checks the tokens.
    ///   - documentation: what `/docs` shows; `nil`: that there is nothing.
    /// - Throws: when the embedded contract cannot be read.
    package init(
        _ address: Address, hosts: [String], tls: AdminTLS?, state: ControlState, authority: TokenAuthority,
        metrics: AdminMetrics, logs: LogRing, documentation: Documentation?, logger: Logger
    ) throws {
        self.tls = tls
        self.metrics = metrics
        self.logs = logs
        self.state = state
        self.address = address
        self.logger = logger
        let table = try AdminOperations(
            state: state, metrics: metrics, authority: authority, logs: logs, documentation: documentation
        ).table()
        let router = Router(context: AdminContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware(operations: table, metrics: metrics))
        router.add(middleware: HostMiddleware(boundAddress: address.host, names: hosts))
        router.add(middleware: AccessMiddleware(authority: authority, operations: table))
        table.register(on: router)
        self.responder = router.buildResponder()
        self.operationListing = table.listing
    }

    /// Serves until the shutdown; then waiting polls are answered at once and open calls finish.
    package func run() async throws {
        try await withGracefulShutdownHandler {
            do {
                try await self.application.run()
            } catch let error as IOError {
                throw ListenFailure(address: self.address, error: error.errnoCode) ?? error
            }
        } onGracefulShutdown: {
            self.logs.stop()
            self.state.firewallEvents.stop()
            Task { await self.state.stop() }
        }
    }

    private var listener: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestDeadline(), RequestGuard(metrics: self.metrics)],
            idleTimeout: .seconds(75),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100))
    }

    private var connection: @Sendable (@escaping HTTPChannelHandler.Responder) -> any ServerChildChannel {
        { responder in
            let base = HTTP1Channel(responder: responder, configuration: self.listener)
            if let tls = self.tls { return TLSListener(base: base, tls: tls) }
            return base
        }
    }

    private var application: some ApplicationProtocol {
        Application(
            responder: self.responder,
            server: HTTPServerBuilder(self.connection),
            configuration: ApplicationConfiguration(address: .hostname(self.address.host, port: self.address.port)),
            logger: self.logger)
    }
}
