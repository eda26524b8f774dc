/// Reads a duration outside of documents, such as a flag's or a query parameter's value.
///
/// `nil` for anything but `250ms`, `10s`, `1h30m` and the like, up to 365 days.
package func parseMilliseconds(_ text: String) -> Milliseconds? { FaultCollector.milliseconds(text) }

/// As `parseMilliseconds`, with days in front of everything else: `30d`, `1d12h`; up to 3,650 days.
package func parseLongDuration(_ text: String) -> Milliseconds? {
    guard let end = text.firstIndex(of: "d") else { return parseMilliseconds(text) }
    let digits = text[..<end]
    let rest = text[text.index(after: end)...]
    guard (1...4).contains(digits.utf8.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
        let days = UInt64(digits),
        days <= 3650, let more = rest.isEmpty ? 0 : parseMilliseconds(String(rest))
    else { return nil }
    return days * 24 * 3_600_000 + more
}

/// A size such as `64Ki`, `10Mi` or `1Gi`, or a number of bytes; `nil` for any other text.
package func parseSize(_ text: String) -> Int64? { FaultCollector.bytes(text) }
