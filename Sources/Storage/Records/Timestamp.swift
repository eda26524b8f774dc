package import Foundation

/// A moment in milliseconds since 1970, as it is stored.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(_ date: Date) {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded(.down)
        self.milliseconds = Int64(exactly: milliseconds) ?? 0
    }

    /// RFC 3339 in UTC with milliseconds.
    package var text: String {
        // Every answer has some of them, and Foundation's formatter takes longer than the rest of the answer.
        guard let (days, time) = self.daysAndTime else {
            return Date(timeIntervalSince1970: Double(self.milliseconds) / 1000)
                .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }
        let (year, month, day) = Self.date(days)
        var text: [UInt8] = []
        Self.append(year, 4, "-", to: &text)
        Self.append(month, 2, "-", to: &text)
        Self.append(day, 2, "T", to: &text)
        Self.append(time / 3_600_000, 2, ":", to: &text)
        Self.append(time / 60_000 % 60, 2, ":", to: &text)
        Self.append(time / 1000 % 60, 2, ".", to: &text)
        Self.append(time % 1000, 3, "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Days since 1970 and milliseconds since midnight; `nil` for what has no year of four digits after 1970.
    private var daysAndTime: (days: Int, time: Int)? {
        guard (0..<253_402_300_800_000).contains(self.milliseconds) else { return nil }
        return (Int(self.milliseconds / 86_400_000), Int(self.milliseconds % 86_400_000))
    }

    /// The Gregorian date of a day since 1970. Years begin in March here, so that the leap day is the last.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let (era, dayOfEra) = (shifted / 146_097, shifted % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    private static func append(_ number: Int, _ digits: Int, _ separator: Unicode.Scalar, to text: inout [UInt8]) {
        var divisor = digits == 4 ? 1000 : digits == 3 ? 100 : 10
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: separator))
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
