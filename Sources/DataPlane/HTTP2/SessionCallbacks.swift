import CNghttp2
import HTTPWire

/// What the HTTP/2 library calls on client connections, and its options. Made once per worker.
///
/// Each callback does no more than find the worker and the client, and say what came. A client whose connection has closed
/// within the same call hears no more.
final class SessionCallbacks {
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

    /// Windows are opened as the upstream takes the body, not as it comes; streams that have closed are forgotten; and few
    /// acknowledgements or settings are remembered. Resets are bounded by `QuietFrames`, and here as a second line; the
    /// number of continuation frames by the library's default.
    private func setOptions() {
        nghttp2_option_set_no_auto_window_update(self.options, 1)
        nghttp2_option_set_no_closed_streams(self.options, 1)
        // Fields of answers are written as they are: a table for each connection would cost 4 KiB of memory, and more time
        // than the bytes are worth (`scripts/bench idle`, `scripts/bench tls-h2`).
        nghttp2_option_set_max_deflate_dynamic_table_size(self.options, 0)
        nghttp2_option_set_max_outbound_ack(self.options, 200)
        nghttp2_option_set_max_settings(self.options, 32)
        nghttp2_option_set_stream_reset_rate_limit(self.options, 1000, 100)
    }

    private func setHeaderCallbacks() {
        nghttp2_session_callbacks_set_on_begin_headers_callback(self.callbacks) { _, frame, user in
            withClient(user) { worker, client in
                guard let frame else { return 0 }
                let isRequest = frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
                worker.blockBegins(client, isRequest ? .request : .trailers)
                return 0
            }
        }
        nghttp2_session_callbacks_set_on_header_callback(self.callbacks) {
            _, _, name, nameCount, value, valueCount, _, user in
            withClient(user) { worker, client in
                worker.fieldCame(
                    client, UnsafeBufferPointer(start: name, count: nameCount),
                    UnsafeBufferPointer(start: value, count: valueCount))
                return 0
            }
        }
        // A field that is not well formed makes the request malformed (RFC 9113 section 8.1.1); it is not just left out.
        nghttp2_session_callbacks_set_on_invalid_header_callback(self.callbacks) { _, _, _, _, _, _, _, _ in
            Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
    }

    private func setFrameCallbacks() {
        nghttp2_session_callbacks_set_on_frame_recv_callback(self.callbacks) { _, frame, user in
            withClient(user) { worker, client in
                guard let frame else { return 0 }
                worker.frameCame(client, frame)
                return 0
            }
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(self.callbacks) { _, _, stream, data, count, user in
            withClient(user) { worker, client in
                if let data { worker.bodyCame(client, stream, data, count: count) }
                return 0
            }
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(self.callbacks) { _, frame, user in
            withClient(user) { worker, client in
                if let frame { worker.frameWent(client, frame) }
                return 0
            }
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(self.callbacks) { _, stream, code, user in
            withClient(user) { worker, client in
                worker.streamClosed(client, stream, code)
                return 0
            }
        }
    }
}

private func withClient(_ user: UnsafeMutableRawPointer?, _ body: (Worker, ClientRef) -> Int32) -> Int32 {
    guard let client = user?.assumingMemoryBound(to: Client.self), client.pointee.state == .session else { return 0 }
    return client.pointee.worker._withUnsafeGuaranteedRef { body($0, client) }
}
