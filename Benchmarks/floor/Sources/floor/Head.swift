import CEpoll

/// What a head says about framing, and the parts of it that are sent on.
struct Head {
    /// Length of the head in the input, with the empty line.
    var size = 0
    var contentLength = 0
    var closes = false
    var isHead = false
    /// Status of an answer; 0 in a request.
    var status = 0
    var host: UnsafeRawBufferPointer
    /// Bytes written to the output so far.
    var written = 0
}

/// What the first line and fields of a message turned out to be.
enum HeadResult { case complete, incomplete, malformed }

/// Reads the head at `input`, writes it to `output` without the fields that end at this hop, and leaves the empty line
/// to the caller, who may have fields to add.
///
/// Fields that stay are copied as runs; a field that goes ends a run.
func rewriteHead(
    _ input: UnsafePointer<UInt8>, _ count: Int, isRequest: Bool, into output: UnsafeMutablePointer<UInt8>,
    _ head: inout Head
) -> HeadResult {
    guard let firstEnd = lineEnd(input, 0, count) else { return .incomplete }
    guard readFirstLine(input, firstEnd, isRequest: isRequest, &head) else { return .malformed }
    var runStart = 0
    var lineStart = firstEnd &+ 2
    while let end = lineEnd(input, lineStart, count) {
        if end == lineStart {
            copyRun(input, runStart, lineStart, output, &head)
            head.size = end &+ 2
            return .complete
        }
        guard let colon = memchr(input + lineStart, 0x3A, end &- lineStart) else { return .malformed }
        let name = UnsafePointer(colon.assumingMemoryBound(to: UInt8.self)) - (input + lineStart)
        let value = trimmed(input, lineStart &+ name &+ 1, end)
        if readField(input + lineStart, name, value, isRequest: isRequest, &head) == .dropped {
            copyRun(input, runStart, lineStart, output, &head)
            runStart = end &+ 2
        }
        lineStart = end &+ 2
    }
    return count < inputCapacity ? .incomplete : .malformed
}

private enum Fate { case kept, dropped }

private func readField(
    _ name: UnsafePointer<UInt8>, _ size: Int, _ value: UnsafeRawBufferPointer, isRequest: Bool, _ head: inout Head
) -> Fate {
    switch size {
    case 2 where equals(name, "te"), 7 where equals(name, "trailer"), 7 where equals(name, "upgrade"),
        17 where equals(name, "transfer-encoding"), 10 where equals(name, "keep-alive"),
        16 where equals(name, "proxy-connection"):
        return .dropped
    case 4 where equals(name, "host"):
        head.host = value
    case 10 where equals(name, "connection"):
        let bytes = value.bindMemory(to: UInt8.self)
        if bytes.count == 5, let base = bytes.baseAddress { head.closes = equals(base, "close") }
        return .dropped
    case 12 where equals(name, "x-request-id"), 15 where equals(name, "x-forwarded-for"),
        16 where equals(name, "x-forwarded-host"), 17 where equals(name, "x-forwarded-proto"):
        return isRequest ? .dropped : .kept
    case 14 where equals(name, "content-length"):
        head.contentLength = 0
        for byte in value { head.contentLength = head.contentLength &* 10 &+ Int(byte &- 0x30) }
    default:
        break
    }
    return .kept
}

private func readFirstLine(_ line: UnsafePointer<UInt8>, _ size: Int, isRequest: Bool, _ head: inout Head) -> Bool {
    if isRequest {
        guard size >= 14, memcmp(line + size - 9, " HTTP/1.1", 9) == 0, memchr(line, 0x20, size &- 9) != nil else {
            return false
        }
        head.isHead = memcmp(line, "HEAD ", 5) == 0
        return true
    }
    guard size >= 12, memcmp(line, "HTTP/1.1 ", 9) == 0 else { return false }
    head.status = Int(line[9] &- 0x30) &* 100 &+ Int(line[10] &- 0x30) &* 10 &+ Int(line[11] &- 0x30)
    return true
}

/// Offset of the CR that ends the line at `start`.
private func lineEnd(_ input: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
    guard start < count, let found = memchr(input + start, 0x0A, count &- start) else { return nil }
    let end = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - input
    return end > start && input[end &- 1] == 0x0D ? end &- 1 : nil
}

private func trimmed(_ input: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
    var start = start
    var end = end
    while start < end, input[start] == 0x20 || input[start] == 0x09 { start &+= 1 }
    while end > start, input[end &- 1] == 0x20 || input[end &- 1] == 0x09 { end &-= 1 }
    return UnsafeRawBufferPointer(start: input + start, count: end &- start)
}

private func copyRun(
    _ input: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ output: UnsafeMutablePointer<UInt8>, _ head: inout Head
) {
    memcpy(output + head.written, input + start, end &- start)
    head.written &+= end &- start
}

/// Compares without regard to case; `lower` holds small letters and hyphens. The caller knows that the lengths agree.
@inline(__always)
private func equals(_ bytes: UnsafePointer<UInt8>, _ lower: StaticString) -> Bool {
    let other = lower.utf8Start
    for at in 0..<lower.utf8CodeUnitCount where bytes[at] | 0x20 != other[at] | 0x20 { return false }
    return true
}
