import CNghttp2

/// What the HTTP/2 library calls on connections to upstreams, and its options. Made once per worker.
///
/// Each callback does no more than find the worker and the connection, and say what came.
final class UpstreamCallbacks {
    let callbacks: OpaquePointer?
    let options: OpaquePointer?

    init() {
        var callbacks: OpaquePointer?
        var options: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        nghttp2_option_new(&options)
        self.callbacks = callbacks
        self.options = options
        self.setHeaderCallbacks()
        self.setFrameCallbacks()
        self.setOptions()
    }

    deinit {
        nghttp2_session_callbacks_del(self.callbacks)
        nghttp2_option_del(self.options)
    }

    /// Windows are opened as the client takes the body, not as it comes; what quiet frames make the library remember is
    /// bounded. A request's head is as large as a listener lets it be.
    private func setOptions() {
        nghttp2_option_set_no_auto_window_update(self.options, 1)
        nghttp2_option_set_no_closed_streams(self.options, 1)
        nghttp2_option_set_max_outbound_ack(self.options, 200)
        nghttp2_option_set_max_settings(self.options, 32)
        nghttp2_option_set_max_send_header_block_length(self.options, 1024 * 1024)
    }

    private func setHeaderCallbacks() {
        nghttp2_session_callbacks_set_on_begin_headers_callback(self.callbacks) { _, frame, user in
            withCarrier(user) { worker, carrier in
                if let frame { worker.answerBlockBegins(carrier, frame.pointee.hd.stream_id) }
            }
        }
        nghttp2_session_callbacks_set_on_header_callback(self.callbacks) {
            _, _, name, nameCount, value, valueCount, _, user in
            withCarrier(user) { worker, carrier in
                worker.answerFieldCame(
                    carrier, UnsafeBufferPointer(start: name, count: nameCount),
                    UnsafeBufferPointer(start: value, count: valueCount))
            }
        }
        // A field that is not well formed makes the answer malformed (RFC 9113 section 8.1.1); it is not just left out.
        nghttp2_session_callbacks_set_on_invalid_header_callback(self.callbacks) { _, _, _, _, _, _, _, _ in
            Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
    }

    private func setFrameCallbacks() {
        nghttp2_session_callbacks_set_on_frame_recv_callback(self.callbacks) { _, frame, user in
            withCarrier(user) { worker, carrier in
                if let frame { worker.frameCame(fromUpstream: carrier, frame) }
            }
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(self.callbacks) { _, _, stream, data, count, user in
            withCarrier(user) { worker, carrier in
                if let data { worker.answerBytesCame(carrier, stream, data, count: count) }
            }
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(self.callbacks) { _, stream, code, user in
            withCarrier(user) { worker, carrier in worker.streamClosed(byUpstream: carrier, stream, code) }
        }
    }
}

private func withCarrier(_ user: UnsafeMutableRawPointer?, _ body: (Worker, UpstreamRef) -> Void) -> Int32 {
    guard let carrier = user?.assumingMemoryBound(to: UpstreamConnection.self), carrier.pointee.state != .closed,
        let session = carrier.pointee.carrying.session
    else { return 0 }
    session.pointee.worker._withUnsafeGuaranteedRef { body($0, carrier) }
    return 0
}
