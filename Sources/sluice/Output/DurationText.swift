/// A time that has passed, for people.
enum DurationText {
    /// "47s", "2m37s", "5h2m", "12d3h": the two largest units.
    static func short(_ seconds: Int64?) -> String {
        guard let seconds else { return "-" }
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        let shown = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
        return shown.isEmpty ? "0s" : shown.map { "\($0.0)\($0.1)" }.joined()
    }
}
