package import GatewayModel

/// Where a listening socket is bound: an IP literal and a port.
package struct ListenAddress: Hashable, Sendable, Comparable {
    /// An IP literal, without brackets.
    package let address: String
    /// In host order.
    package let port: UInt16

    /// Nothing is checked: the model has done that.
    package init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// By text, for a stable order.
    package static func < (left: Self, right: Self) -> Bool {
        (left.address, left.port) < (right.address, right.port)
    }
}

/// Why a worker refused a snapshot: the resource, when one is to blame, and a sentence for people.
package struct RejectedReason: Hashable, Sendable {
    /// The kind of the resource to blame.
    package let kind: String?
    /// Its name.
    package let name: String?
    /// A sentence for people.
    package let message: String

    /// `kind` and `name` are both there or both `nil`.
    package init(kind: String?, name: String?, message: String) {
        self.kind = kind
        self.name = name
        self.message = message
    }
}

/// What supervisor and worker process say to each other: one message is one packet of JSON.
///
/// Descriptors travel beside a packet; each case says which it carries.
package enum ChannelMessage: Sendable, Equatable {
    // MARK: supervisor → worker

    /// Compile the update in the memfd that comes along, and answer `prepared` or `rejected`.
    case prepare(version: Int64)
    /// Listening sockets, in the order of the addresses; they come before the `commit` that needs them. An address that
    /// comes more than once has several sockets for this worker, all of which it serves.
    case sockets([ListenAddress])
    /// Serve what was prepared, and answer `committed`.
    case commit(version: Int64)
    /// Forget what was prepared.
    case abort(version: Int64)
    /// Answer with `metricsReport`.
    case metrics
    /// Stop accepting after the delay, finish what is in flight within the timeout, say `drained` and exit.
    ///
    /// Sent when readiness begins to fail, so that the worker knows, and once more, with no delay, when the sockets go: a
    /// worker that waits goes by the earlier end. One that is replaced does not fail health checks: a new process serves on
    /// the same sockets.
    case drain(delayMilliseconds: UInt64, timeoutMilliseconds: UInt64, isReplaced: Bool)
    /// The keys of TLS session tickets, newest first: 80 bytes each. They replace those that came before.
    case ticketKeys([[UInt8]])
    /// What became known of these upstreams: at least those that changed since the last message, each as a whole.
    ///
    /// States of upstreams that an update brings come before its `commit`; a new worker gets all before its first one.
    case upstreams([UpstreamState])
    /// What is known of a key set (RFC 7517): the last good one comes along in a memfd, unless there never was one.
    ///
    /// - Parameter failure: why the last fetch came to nothing; `nil`: it went well.
    case keySet(uri: String, failure: String?)

    // MARK: worker → supervisor

    /// The loop runs and waits for its first `prepare`.
    case ready
    /// Sent each second by the loop itself, so that a loop that hangs falls silent.
    case alive
    case prepared(version: Int64)
    case rejected(version: Int64, reasons: [RejectedReason])
    case committed(version: Int64)
    /// A memfd with the samples (`MetricSample`) comes along.
    case metricsReport
    /// Nothing is in flight any more; the process exits now.
    case drained
    /// A passive check of this worker has ejected an endpoint, or taken it back.
    case ejection(EndpointEjection)
    /// A token names a key that the set lacks; `keySet` is the answer.
    case keySetWanted(uri: String)
    /// A firewall found something.
    ///
    /// - Parameter dropped: how many of these were not told since the last one, because there were too many.
    case firewallEvent(JSONObject, dropped: Int64)
}
