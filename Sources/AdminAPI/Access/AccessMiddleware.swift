import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// Lets a call pass only with a token that is good for it: 401, then 403, and only then does anybody look at the path.
struct AccessMiddleware: RouterMiddleware {
    let authority: TokenAuthority
    let operations: OperationTable
    let wrongTokens = WrongTokens()

    func handle(
        _ request: Request, context: AdminContext, next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        let access = self.operations.access(to: request)
        if case .open? = access { return try await next(request, context) }
        var context = context
        let caller = try self.caller(of: request, context: context)
        try Self.check(caller.role, against: access)
        context.caller = caller
        context.standing = Standing { self.isGood(caller) }
        let response = try await next(request, context)
        try self.checkAgain(request, context.standing)
        return response
    }

    /// A read may have waited half a minute; what it answers is not for a token that was revoked meanwhile. A write looks
    /// again itself, before it is done.
    private func checkAgain(_ request: Request, _ standing: Standing) throws(Refusal) {
        guard request.method == .get || request.method == .head else { return }
        try standing.check()
    }

    private func isGood(_ caller: Caller) -> Bool {
        self.authority.registry.caller(id: caller.id, now: Self.seconds) != nil
    }

    private static var seconds: Int { Int(Date().timeIntervalSince1970) }

    /// What workers are sent holds private keys, which nobody who reads is shown: no other role may ask for it.
    private static func check(_ role: Role, against access: OperationAccess?) throws(Refusal) {
        guard case .role(let needed)? = access else {
            if role == .worker {
                throw Refusal(.forbidden, "A token of role worker is good for /v1/data-plane/ alone.")
            }
            return
        }
        if role.includes(needed) { return }
        switch (role, needed) {
        case (.worker, _): throw Refusal(.forbidden, "A token of role worker is good for /v1/data-plane/ alone.")
        case (_, .worker):
            throw Refusal(
                .forbidden, "Only a token of role worker is good for /v1/data-plane/: snapshots hold private keys.")
        default:
            throw Refusal(
                .forbidden, "This takes the role \(needed.rawValue); the token has the role \(role.rawValue).")
        }
    }

    private func caller(of request: Request, context: AdminContext) throws(Refusal) -> Caller {
        let fields = request.headers[values: .authorization]
        guard let field = fields.first else { throw Self.unauthenticated("No Authorization field was sent.") }
        guard fields.count == 1 else { throw Self.unauthenticated("Several Authorization fields were sent.") }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Self.unauthenticated("The Authorization field is not of the form `Bearer TOKEN`.")
        }
        let token = String(parts[1].trimming { $0 == " " || $0 == "\t" })
        if let caller = self.authority.caller(of: token, now: Self.seconds) { return caller }
        throw self.wrongToken(context)
    }

    private func wrongToken(_ context: AdminContext) -> Refusal {
        let now = ContinuousClock.now - Self.start
        guard let pause = self.wrongTokens.failed(source: context.source, now: now.components.seconds) else {
            return Self.unauthenticated("The token is not one of ours, was revoked, or has expired.")
        }
        if pause.isNew { context.logger.warning("Too many wrong tokens", metadata: ["source": "\(context.source)"]) }
        return Refusal(
            .tooManyAttempts, "Too many wrong tokens came from \(context.source).",
            headers: [.retryAfter: String(pause.seconds)])
    }

    private static let start = ContinuousClock.now

    private static func unauthenticated(_ detail: String) -> Refusal { Refusal(unauthenticated: detail) }
}

extension Substring {
    /// Without such characters at either end.
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        var text = self.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
