/// Reads a duration outside of documents, such as a flag's or a query parameter's value.
///
/// `nil` for anything but `250ms`, `10s`, `1h30m` and the like, up to 365 days.
package func parseMilliseconds(_ text: String) -> Milliseconds? { FaultCollector.milliseconds(text) }
